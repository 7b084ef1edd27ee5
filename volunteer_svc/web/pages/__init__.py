"""One module for an area of pages; each has a `router` of its own."""
