"""What every room shares: names, value types, errors. Imports nothing of the project."""
