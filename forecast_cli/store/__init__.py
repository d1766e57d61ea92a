"""The output folder: whole or absent files, a manifest that comes last, a lock, and what is needed to resume."""
