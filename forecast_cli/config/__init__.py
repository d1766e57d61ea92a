"""Settings of a run: flag > environment (FORECAST_*) > file > default."""
