"""Shards, the functions that compute one, and the executor that runs them in worker processes."""
