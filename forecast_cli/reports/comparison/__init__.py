"""Verdict of the gate in each output format: Markdown, GitHub annotations, JUnit XML, and plain values for JSON."""
