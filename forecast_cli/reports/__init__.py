"""Reports: runs rendered for people and for other programs. Pure functions that return text or rich renderables."""
