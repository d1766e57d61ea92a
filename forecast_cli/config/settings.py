"""Every setting of a run, by one name: ``max_stale`` is ``--max-stale``, ``FORECAST_MAX_STALE`` and ``max_stale =``."""

import ast
import inspect
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from forecast_cli.config.calendars import HOME, check_calendar
from forecast_cli.config.choices import Align, Executor, OnBadFile, OnDuplicate, Origin
from forecast_cli.config.output_names import find_reserved_name, is_pattern
from forecast_cli.config.texts import check_duration, check_memory, check_mode, octal, outer_commas
from forecast_cli.config.thresholds import EXPECTED, check_threshold, unique_thresholds

ENV_PREFIX: Final = "FORECAST_"


def _split_commas(value: Any) -> Any:
    """Take ``"80,95"`` (an environment variable) and 80 (a lone value in TOML) for a list."""
    if isinstance(value, str):
        return outer_commas(value)
    if isinstance(value, int | float):
        return [value]
    return value


def _sorted_unique(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sorted(set(values)))


def _unique(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names))


def _describe(schema: dict[str, Any], settings: type[BaseModel]) -> None:
    """Add the docstring of each setting to the schema, when a schema is requested: reading them is slow."""
    [parsed] = ast.parse(inspect.getsource(settings)).body
    for pair in pairwise(ast.iter_child_nodes(parsed)):
        match pair:
            case (ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(said)))):
                schema["properties"][name]["description"] = inspect.cleandoc(said)


Level = Annotated[float, Field(gt=0, lt=100)]
Season = Annotated[int, Field(ge=1, le=366)]
Threshold = Annotated[str, BeforeValidator(str), AfterValidator(check_threshold), Field(description=EXPECTED)]
Thresholds = Annotated[tuple[Threshold, ...], BeforeValidator(_split_commas), AfterValidator(unique_thresholds)]
Size = Annotated[str, AfterValidator(check_memory), Field(examples=["500MB", "2GB"])]
Calendar = Annotated[str, AfterValidator(check_calendar), Field(examples=["US", "GB-ENG", "ECB", "none"])]
_RUNNING: Final[dict[str, Any]] = {"affects_output": False}
_MODE: Final[dict[str, Any]] = _RUNNING | {"examples": ["0600", "0640"]}
_DURATION: Final[dict[str, Any]] = {"examples": ["90s", "10m", "2h"]}
_FORECAST: Final[dict[str, Any]] = {"only": ["forecast"]}
_BACKTEST: Final[dict[str, Any]] = {"only": ["backtest"]}
_SCORING: Final[dict[str, Any]] = {"only": ["backtest", "score"]}


class Settings(BaseModel):
    """The settings of one run, frozen. Days are calendar days, balances in the input's own unit.

    They do not read the environment; only ``config.load`` does.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False, json_schema_extra=_describe
    )

    id_col: str = "account_id"
    """Column with the account id."""
    date_col: str = "date"
    """Column with the date or timestamp of the balance."""
    balance_col: str = "balance"
    """Column with the end-of-day balance, a number."""
    currency_col: str | None = None
    """Column with the currency; if set, each currency of an account is forecast separately."""
    timezone: str | None = None
    """Timezone that decides which day a timestamp belongs to (default: the column's own)."""

    origin: Annotated[Origin, Field(json_schema_extra=_FORECAST)] = Origin.INPUT
    """Start forecasts from one day for all accounts (input), or from each account's own last day (account)."""
    as_of: date | None = None
    """Date to forecast from, called the origin; later rows are ignored (default: the input's last day)."""
    max_stale: Annotated[int, Field(ge=0)] = 45
    """Skip an account if its last row is more than this many days before the origin."""

    max_history: Annotated[int, Field(ge=1, le=100_000)] = 3653
    """Days of history to use, back from an account's last row; older balances only set the starting level."""
    max_gap: Annotated[int, Field(ge=1, le=100_000)] = 366
    """Longest gap, in days, to fill with the last balance; after a longer gap, the history starts again."""

    on_bad_file: OnBadFile = OnBadFile.REJECT
    """If a file cannot be read: reject the run (reject), or skip the file and flag its accounts (quarantine)."""
    on_duplicate: OnDuplicate = OnDuplicate.SET_ASIDE
    """For two balances on a day: fail the account (set-aside), keep the last-row or mean, or reject all (fail)."""
    max_missing: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Mark an account as failed if more than this share of its balances is missing."""
    max_bad_rows: Annotated[float, Field(ge=0, le=1)] = 0.001
    """Reject the run if more than this share of all rows has no usable account id or date."""
    max_balance: Annotated[float, Field(gt=0)] = 1e15
    """Mark an account as failed if a balance, positive or negative, exceeds this amount."""
    max_id_bytes: Annotated[int, Field(ge=1)] = 1024
    """Mark an account as failed if its id is longer than this many bytes."""
    earliest_date: date = date(1970, 1, 2)
    """Ignore rows dated before this day."""
    latest_date: date = date(2099, 12, 31)
    """Ignore rows dated after this day."""
    require_success: Annotated[bool, Field(json_schema_extra=_RUNNING)] = False
    """Reject an input folder that has no _SUCCESS file."""
    read_timeout: Annotated[float, Field(gt=0, json_schema_extra=_RUNNING)] = 30.0
    """Seconds to wait for an object store to answer."""

    model: Annotated[tuple[str, ...], BeforeValidator(_split_commas), AfterValidator(_unique)] = ("auto",)
    """Models to run, optionally with season lengths, such as 'MSTL(7,30)'; list them with 'forecast-cli models'."""
    candidates: Annotated[tuple[str, ...], BeforeValidator(_split_commas), AfterValidator(_unique)] = ()
    """Models to blend into 'auto' for accounts where this lowered the error in the past, such as MSTL."""
    time_limit: Annotated[str, AfterValidator(check_duration), Field(json_schema_extra=_DURATION)] = "10m"
    """Estimated CPU time that candidates may take over all cores, such as 90s, 10m or 2h."""
    season_length: Annotated[tuple[Season, ...], BeforeValidator(_split_commas)] = (30,)
    """Season lengths, in days, for models named without their own."""
    horizon: Annotated[int, Field(ge=1, le=366)] = 30
    """Number of days to forecast."""
    level: Annotated[tuple[Level, ...], BeforeValidator(_split_commas), AfterValidator(_sorted_unique)] = (80.0, 95.0)
    """Levels of the prediction intervals, in percent."""
    holidays: Calendar = HOME
    """Holidays that move payments to business days: US, GB-ENG (a region), ECB (a market) or none (only weekends)."""
    threshold: Thresholds = ("0", "p10")
    """Low balance: an amount (500), a percentile of the last 365 days (p10), or a column with an amount per account."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the random number generator."""

    fitted: Annotated[str | None, Field(min_length=1, json_schema_extra=_FORECAST)] = None
    """Reuse what 'auto' learned in an earlier forecast, given by its output folder or object-store address."""

    windows: Annotated[int, Field(ge=1, le=366, json_schema_extra=_BACKTEST)] = 3
    """Number of past cutoffs to forecast from in a backtest; each forecast uses only the data up to its cutoff."""
    step: Annotated[int, Field(ge=1, le=366, json_schema_extra=_BACKTEST)] = 30
    """Days from one backtest cutoff to the next; the last cutoff is this many days before the end."""
    refit: Annotated[int, Field(ge=1, le=366, json_schema_extra=_BACKTEST)] = 1
    """Refit models at every n-th backtest cutoff, oldest first; at the others they only get the newer balances."""
    min_train: Annotated[int, Field(ge=1, json_schema_extra=_BACKTEST)] = 150
    """Days of history an account needs before a cutoff; windows with less are left out."""
    align: Annotated[Align, Field(json_schema_extra=_BACKTEST)] = Align.ACCOUNT
    """Count cutoffs back from the last day of each account (account), or from one day for all (as-of)."""
    scale_lag: Annotated[int, Field(ge=1, le=366, json_schema_extra=_SCORING)] = 30
    """Lag, in days, of the balance changes that scaled errors are divided by."""
    segment: Annotated[tuple[str, ...], BeforeValidator(_split_commas), Field(json_schema_extra=_SCORING)] = ()
    """Input columns to report accuracy by, in addition to tenure, balance, volatility and activity."""

    max_failed: Annotated[int, Field(ge=0, json_schema_extra=_RUNNING)] = 0
    """Exit code 3 if more than this many accounts fail."""
    max_skipped: Annotated[int | None, Field(ge=0, json_schema_extra=_RUNNING | _FORECAST)] = None
    """Exit code 3 if a forecast skips more than this many accounts (default: no limit)."""
    executor: Annotated[Executor, Field(json_schema_extra=_RUNNING)] = Executor.LOCAL
    """Where to run the shards: on this machine (local), or on the nodes of a cluster (spark, ray)."""
    jobs: Annotated[int | None, Field(ge=1, json_schema_extra=_RUNNING)] = None
    """CPU cores of this machine to use, for worker processes and for reading (default: all available)."""
    memory: Annotated[Size | None, Field(json_schema_extra=_RUNNING)] = None
    """Memory limit for all processes of a run on this machine, such as 2GB (default: 80 % of what is free)."""
    account_timeout: Annotated[float, Field(gt=0, json_schema_extra=_RUNNING)] = 60.0
    """Mark an account as failed if a model spends more than this many seconds on it."""
    mode: Annotated[str, BeforeValidator(octal), AfterValidator(check_mode), Field(json_schema_extra=_MODE)] = "0600"
    """Permissions of output files, in octal; whoever may read the files may also open their folders."""
    shard_size: Annotated[int | None, Field(ge=1)] = None
    """Accounts per shard; each shard becomes one part file of the output (default: based on the models' cost)."""

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_values(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse true and false for anything else than a switch: pydantic takes them for 1 and 0."""
        values = value if isinstance(value, list | tuple) else [value]
        is_switch = cls.model_fields[str(info.field_name)].annotation is bool
        if not is_switch and any(isinstance(item, bool) for item in values):
            raise PydanticCustomError("truth_value", "neither true nor false is expected")
        return value

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        for name in ("model", "season_length", "level"):
            if not getattr(self, name):
                raise ValueError(f"{name}: name at least one")
        named = self.named_columns
        if len(set(named)) < len(named):
            raise ValueError(
                f"id_col, date_col, balance_col and currency_col name the same column twice: {', '.join(named)}"
            )
        taken = find_reserved_name(self.id_col, self.date_col, currency_col=self.currency_col, levels=self.level)
        if taken is not None:
            raise ValueError(taken)
        pattern = next(filter(is_pattern, (*named, *self.segment, *self.threshold)), None)
        if pattern is not None:
            raise ValueError(f"column '{pattern}' cannot be read: its name is a pattern; rename it in the input")
        if self.earliest_date >= self.latest_date:
            raise ValueError("earliest_date must lie before latest_date")
        return self

    @property
    def named_columns(self) -> tuple[str, ...]:
        """Return the columns of the input that are named: id, date, balance, and the currency if it is set."""
        columns = (self.id_col, self.date_col, self.balance_col, self.currency_col)
        return tuple(column for column in columns if column is not None)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Return the columns that identify an account in input and output: the id, and the currency if it is set."""
        return (self.id_col,) if self.currency_col is None else (self.id_col, self.currency_col)

    def affecting_output(self, command: str) -> dict[str, Any]:
        """Return the settings that change what ``command`` writes, as plain JSON values."""
        values = self.model_dump(mode="json")
        return {name: value for name, value in values.items() if affects_output(name, command)}


def affects_output(name: str, command: str) -> bool:
    """Say whether a setting changes what ``command`` writes, or only how it runs, or another command."""
    extra = Settings.model_fields[name].json_schema_extra
    marks = extra if isinstance(extra, dict) else {}
    only = marks.get("only")
    return marks.get("affects_output") is not False and (not isinstance(only, list) or command in only)
