"""HTML for people: pages on the same actions as the API."""
