"""Errors a user can act on: one line that says what, where and why, and a hint about what to do next."""

from functools import partial
from typing import ClassVar

from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ids import unmark_ids


class ForecastCliError(Exception):
    """Base class of the errors a user can act on; any other exception is a bug and keeps its traceback.

    ``retryable`` says that the same command may succeed later. Instances can be pickled, so that a worker can return
    one to its parent process as a value.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.BUG
    retryable = False

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return unmark_ids(self.message)


class UsageError(ForecastCliError):
    """The command line names something that does not exist, or combines options that exclude each other."""

    exit_code = ExitCode.USAGE


class InputRejectedError(ForecastCliError):
    """The input cannot be forecast as it is; nothing was written."""

    exit_code = ExitCode.INPUT_REJECTED

    def __init__(self, message: str, hint: str | None = None, *, retryable: bool = False) -> None:
        super().__init__(message, hint)
        self.retryable = retryable

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), retryable=self.retryable), (self.message, self.hint)


class ConfigError(ForecastCliError):
    """A setting is invalid, unknown or contradicts another."""

    exit_code = ExitCode.CONFIG_INVALID


class OutputConflictError(ForecastCliError):
    """The output folder already holds a run of another input or configuration, or unrelated files."""

    exit_code = ExitCode.CONFIG_INVALID


class CheckFailedError(ForecastCliError):
    """A gate or a check failed: accuracy, coverage, or a damaged output."""

    exit_code = ExitCode.CHECK_FAILED


class OutputNotWrittenError(ForecastCliError):
    """The output could not be written: disk full, permission, read-only."""

    exit_code = ExitCode.OUTPUT_NOT_WRITTEN


class WorkerLostError(ForecastCliError):
    """The operating system ended a worker process; finished results are kept."""

    exit_code = ExitCode.BUG


class SystemLimitError(ForecastCliError):
    """The system refuses more open files, threads or memory; finished results are kept."""

    exit_code = ExitCode.BUG


class OutputBusyError(ForecastCliError):
    """Another run has locked the output folder."""

    exit_code = ExitCode.OUTPUT_BUSY
    retryable = True
