"""Benchmarks: the tool against its yardsticks, side by side in one run. Ratios hold, absolute times do not travel."""
