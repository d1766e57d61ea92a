"""Schema: which column has which role, and the types that all files agree on."""
