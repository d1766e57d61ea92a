"""Benchmarks of the tool against yardsticks in the same run. Ratios can be compared between machines, times cannot."""
