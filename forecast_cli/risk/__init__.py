"""Risk: sample paths out of daily quantiles, and how likely an account is to run low."""
