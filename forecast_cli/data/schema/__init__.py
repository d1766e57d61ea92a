"""Schema: which column is which, and the types that all files agree on."""
