"""Generator of seeded synthetic accounts with realistic pay cycles, any number of them, drawn in blocks."""
