"""Runs rendered for people and for other programs. Pure: values in, text or renderables out."""
