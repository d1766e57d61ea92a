"""Command line: options, the error boundary, output streams, and one short module for each command."""
