"""Pooled: what the older windows of all accounts teach about each, as plain arrays."""
