"""Names, value types and errors shared by all packages; imports nothing else from the project."""
