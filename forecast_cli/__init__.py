"""Cash-flow forecasts with measured intervals for every account of a balance file."""

__version__ = "0.1.0"
