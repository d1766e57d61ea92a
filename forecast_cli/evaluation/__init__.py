"""Evaluation: windows of the past, metrics of what was forecast then, and which model did best."""
