"""The rules of the guideline: frozen structs and pure functions; no I/O, no clock."""
