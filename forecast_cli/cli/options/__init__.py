"""Options, each declared once: a class for those that go together, which ``flags.takes`` adds to a command."""
