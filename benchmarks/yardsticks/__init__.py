"""Yardsticks: bare scripts that do the same work as the tool, run as separate processes."""
