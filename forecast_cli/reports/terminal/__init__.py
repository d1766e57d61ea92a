"""What the commands show on a terminal: rich renderables, readable at 80 columns. Nothing here prints."""
