"""Progress of a run that keeps what it is warned of."""

from forecast_cli.core.progress import NullProgress


class Warnings(NullProgress):
    """Keeps warnings."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def warn(self, message: str) -> None:
        self.said.append(message)
