"""Output of the commands on a terminal: rich renderables, readable at 80 columns. Nothing here prints."""
