"""The use cases, which are also the Python API: a request in, a run out. Nothing here prints."""
