"""Reading the input: files to rows, rows checked against the data contract, clean rows to panels."""
