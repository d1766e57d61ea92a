"""Start the command line: ``forecast-cli``, or ``python -m forecast_cli``."""


def main() -> None:
    """Run the command line and exit with its code."""
    # Imported here: worker processes import this module again, and need none of it.
    from forecast_cli.cli.app import build_app
    from forecast_cli.cli.signals import hear_signals
    from forecast_cli.cli.streams import open_closed_streams

    open_closed_streams()
    hear_signals()
    build_app()(prog_name="forecast-cli")


if __name__ == "__main__":
    main()
