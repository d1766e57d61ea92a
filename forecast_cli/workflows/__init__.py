"""Workflows: the use cases, which are also the Python API. Each takes a request and returns a result; none prints."""
