"""Results of workflows, as renderables for the terminal and as plain values for JSON."""
