"""The other side of a comparison: bare scripts as their users write them, run as processes of their own."""
