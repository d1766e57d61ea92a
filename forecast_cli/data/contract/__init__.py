"""Contract: rows held against the data contract, account by account, and clean ones made into panels."""
