"""JSON over HTTP: decode, call one action, encode."""
