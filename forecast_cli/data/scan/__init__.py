"""Scan: the rows of a source, lazily, under the names of the field."""
