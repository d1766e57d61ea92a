"""Sample paths of a forecast, and the risk that an account runs low."""
