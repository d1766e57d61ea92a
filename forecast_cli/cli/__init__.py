"""The command line: options, the error boundary, streams, and one thin file for each command."""
