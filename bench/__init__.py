"""Measures the service beside its ceilings: `python -m bench`, or `make bench`."""
