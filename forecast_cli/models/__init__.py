"""Models: block models in numpy, the statsforecast adapter, the registry, checks of their output, the ladder."""
