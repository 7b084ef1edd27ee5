"""Paper: documents drawn as PDF by typst, in a process of their own."""
