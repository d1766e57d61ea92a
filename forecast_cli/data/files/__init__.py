"""Files of an input: listed, looked into, verified, opened as one source."""
