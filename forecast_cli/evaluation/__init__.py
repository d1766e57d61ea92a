"""Evaluation: past windows, the metrics of their forecasts, and a ranking of the models."""
