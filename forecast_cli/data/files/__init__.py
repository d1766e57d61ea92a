"""Files of an input: listed, inspected, verified, opened as one source."""
