"""Pooled learning: corrections learned from past windows of all accounts, as plain arrays."""
