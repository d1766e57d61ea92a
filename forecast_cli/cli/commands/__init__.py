"""The commands: build the request, call the workflow, render, leave with the exit code."""
