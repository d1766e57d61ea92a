"""What a workflow gives back, as a renderable for the terminal and as plain values for JSON."""
