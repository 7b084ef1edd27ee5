"""What leaves the service: called by workers only."""
