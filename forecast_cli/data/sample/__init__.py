"""Seeded synthetic accounts with real pay cycles, any number of them, drawn in blocks."""
