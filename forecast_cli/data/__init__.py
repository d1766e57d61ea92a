"""Reading: files to rows, rows to the data contract, clean rows to panels."""
