"""Every setting of a run, by one name: ``max_stale`` is ``--max-stale``, ``FORECAST_MAX_STALE`` and ``max_stale =``."""

import ast
import inspect
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from forecast_cli.config.calendars import HOME, check_calendar
from forecast_cli.config.choices import Align, OnBadFile, OnDuplicate, Origin
from forecast_cli.config.commas import outer_commas
from forecast_cli.config.durations import check_duration
from forecast_cli.config.file_mode import check_mode, octal
from forecast_cli.config.memory_size import check_memory
from forecast_cli.config.output_names import find_reserved_name
from forecast_cli.config.thresholds import EXPECTED, check_threshold

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


def _unique(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _describe(schema: dict[str, Any], settings: type[BaseModel]) -> None:
    """Add what is said below each setting to the schema, where one is asked for: to read it takes long."""
    [parsed] = ast.parse(inspect.getsource(settings)).body
    for pair in pairwise(ast.iter_child_nodes(parsed)):
        match pair:
            case (ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(said)))):
                schema["properties"][name]["description"] = inspect.cleandoc(said)


Level = Annotated[float, Field(gt=0, lt=100)]
Season = Annotated[int, Field(ge=1, le=366)]
Threshold = Annotated[str, BeforeValidator(str), AfterValidator(check_threshold), Field(description=EXPECTED)]
Size = Annotated[str, AfterValidator(check_memory), Field(examples=["500MB", "2GB"])]
Calendar = Annotated[str, AfterValidator(check_calendar), Field(examples=["US", "GB-ENG", "ECB", "none"])]
_RUNNING: Final[dict[str, Any]] = {"affects_output": False}
_MODE: Final[dict[str, Any]] = _RUNNING | {"examples": ["0600", "0640"]}
_DURATION: Final[dict[str, Any]] = {"examples": ["90s", "10m", "2h"]}
_FORECAST: Final[dict[str, Any]] = {"only": "forecast"}
_BACKTEST: Final[dict[str, Any]] = {"only": "backtest"}


class Settings(BaseModel):
    """The settings of one run, frozen. Days are calendar days, balances in the input's own unit.

    They are what they are given: only ``config.load`` looks at the environment.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, json_schema_extra=_describe)

    id_col: str = "account_id"
    """Column that names the account."""
    date_col: str = "date"
    """Column of the day, a date or a timestamp."""
    balance_col: str = "balance"
    """Column of the end-of-day balance, a number."""
    currency_col: str | None = None
    """Column of the currency; when named, account and currency together are the key."""
    timezone: str | None = None
    """Timezone whose days count, for timestamps (default: the column's own)."""

    origin: Annotated[Origin, Field(json_schema_extra=_FORECAST)] = Origin.INPUT
    """Where forecasts start: one day for all accounts (input), or each account's own last day (account)."""
    as_of: date | None = None
    """The day forecasts start from; later rows are not used (default: the input's last day)."""
    max_stale: Annotated[int, Field(ge=0)] = 45
    """Days an account's last row may lie before the origin; beyond that it is skipped: stale."""

    max_history: Annotated[int, Field(ge=1, le=100_000)] = 3653
    """Days of history used, back from an account's last; earlier balances only set the level they begin at."""
    max_gap: Annotated[int, Field(ge=1, le=100_000)] = 366
    """Days in a row an account may have no balance; its history begins after the last longer stretch."""

    on_bad_file: OnBadFile = OnBadFile.REJECT
    """A file that cannot be read: reject the run, or quarantine the file and mark its accounts."""
    on_duplicate: OnDuplicate = OnDuplicate.SET_ASIDE
    """Two balances for one account and day: set the account aside, take the last row, the mean, or fail the run."""
    max_missing: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Share of an account's rows whose balance may be missing; beyond that the account is set aside."""
    max_bad_rows: Annotated[float, Field(ge=0, le=1)] = 0.001
    """Share of all rows without a usable account or date; beyond that the run is rejected."""
    max_balance: Annotated[float, Field(gt=0)] = 1e15
    """Largest absolute balance taken; an account beyond it is set aside."""
    max_id_bytes: Annotated[int, Field(ge=1)] = 1024
    """Longest account id taken, in bytes; an account beyond it is set aside."""
    earliest_date: date = date(1970, 1, 2)
    """Rows dated before this are set aside."""
    latest_date: date = date(2099, 12, 31)
    """Rows dated after this are set aside."""
    require_success: Annotated[bool, Field(json_schema_extra=_RUNNING)] = False
    """Reject a folder that has no _SUCCESS file."""
    read_timeout: Annotated[float, Field(gt=0, json_schema_extra=_RUNNING)] = 30.0
    """Seconds an object store may take to answer."""

    model: Annotated[tuple[str, ...], BeforeValidator(_split_commas), AfterValidator(_unique)] = ("auto",)
    """Models, by name, or by name and season lengths: auto, MSTL, 'MSTL(7,30)', Naive."""
    candidates: Annotated[tuple[str, ...], BeforeValidator(_split_commas), AfterValidator(_unique)] = ()
    """Models that may join 'auto', for accounts where past windows say it pays: MSTL, AutoETS."""
    time_limit: Annotated[str, AfterValidator(check_duration), Field(json_schema_extra=_DURATION)] = "10m"
    """CPU time that candidates may take, by the costs that 'models' lists, over all cores: 90s, 10m, 2h."""
    season_length: Annotated[tuple[Season, ...], BeforeValidator(_split_commas)] = (30,)
    """Season lengths, in days, of the models that are named without their own."""
    horizon: Annotated[int, Field(ge=1, le=366)] = 30
    """Days to forecast."""
    level: Annotated[tuple[Level, ...], BeforeValidator(_split_commas), AfterValidator(_sorted_unique)] = (80.0, 95.0)
    """Interval levels, in percent."""
    holidays: Calendar = HOME
    """Whose weekends and holidays move payments: a country (US), a part (GB-ENG), a market (ECB), weekends (none)."""
    threshold: Annotated[tuple[Threshold, ...], BeforeValidator(_split_commas), AfterValidator(_unique)] = ("0", "p10")
    """Low balances: an amount, p10 (percentile of the account's last 365 days), or a column with one per account."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of whatever is drawn at random."""

    fitted: Annotated[str | None, Field(json_schema_extra=_FORECAST)] = None
    """Output (folder or address) of a forecast by 'auto' whose learned part is used, instead of learning anew."""

    windows: Annotated[int, Field(ge=1, le=366, json_schema_extra=_BACKTEST)] = 3
    """Windows of a backtest: cutoffs, each forecast with what was known then."""
    step: Annotated[int, Field(ge=1, le=366, json_schema_extra=_BACKTEST)] = 30
    """Days from one cutoff of a backtest to the next; the last one lies this many days before the end."""
    refit: Annotated[int, Field(ge=1, le=366, json_schema_extra=_BACKTEST)] = 1
    """Cutoffs of a backtest from one fit to the next, oldest first; those between only get the newer balances."""
    min_train: Annotated[int, Field(ge=1, json_schema_extra=_BACKTEST)] = 150
    """Days of history an account needs before a cutoff; a window with less is not forecast."""
    align: Annotated[Align, Field(json_schema_extra=_BACKTEST)] = Align.ACCOUNT
    """Where windows count back from: each account's own last day (account), or one day for all (as-of)."""
    scale_lag: Annotated[int, Field(ge=1, le=366, json_schema_extra=_BACKTEST)] = 30
    """Lag, in days, of the moves that scaled errors are scaled by."""
    segment: Annotated[tuple[str, ...], BeforeValidator(_split_commas), Field(json_schema_extra=_BACKTEST)] = ()
    """Columns of the input to report accuracy by, besides tenure, balance, volatility and activity."""

    max_failed: Annotated[int, Field(ge=0, json_schema_extra=_RUNNING)] = 0
    """Failed accounts a run may have and still exit 0."""
    max_skipped: Annotated[int | None, Field(ge=0, json_schema_extra=_RUNNING | _FORECAST)] = None
    """Skipped accounts a forecast may have and still exit 0 (default: no limit)."""
    jobs: Annotated[int | None, Field(ge=1, json_schema_extra=_RUNNING)] = None
    """Cores to use: worker processes, threads that read (default: all the machine or its container gives)."""
    memory: Annotated[Size | None, Field(json_schema_extra=_RUNNING)] = None
    """Memory that all processes of a run take together, such as 2GB (default: most of what is free)."""
    account_timeout: Annotated[float, Field(gt=0, json_schema_extra=_RUNNING)] = 60.0
    """Seconds a model may take over one account; an account that takes longer is failed: timeout."""
    mode: Annotated[str, BeforeValidator(octal), AfterValidator(check_mode), Field(json_schema_extra=_MODE)] = "0600"
    """Permissions of the files that are written, in octal; folders may be entered by whoever may read."""
    shard_size: Annotated[int | None, Field(ge=1)] = None
    """Accounts in a shard, which is a part file of the output (default: by the cost of the models)."""

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        for name in ("model", "season_length", "level"):
            if not getattr(self, name):
                raise ValueError(f"{name}: name at least one")
        columns = [self.id_col, self.date_col, self.balance_col, self.currency_col]
        named = [column for column in columns if column is not None]
        if len(set(named)) < len(named):
            raise ValueError(
                f"id_col, date_col, balance_col and currency_col name the same column twice: {', '.join(named)}"
            )
        taken = find_reserved_name(self.id_col, self.date_col, currency_col=self.currency_col, levels=self.level)
        if taken is not None:
            raise ValueError(taken)
        if self.earliest_date >= self.latest_date:
            raise ValueError("earliest_date must lie before latest_date")
        return self

    def affecting_output(self, command: str) -> dict[str, Any]:
        """Return the settings that change what ``command`` writes, as plain JSON values."""
        values = self.model_dump(mode="json")
        return {name: value for name, value in values.items() if affects_output(name, command)}


def affects_output(name: str, command: str) -> bool:
    """Say whether a setting changes what ``command`` writes, or only how it runs, or another command."""
    extra = Settings.model_fields[name].json_schema_extra
    marks = extra if isinstance(extra, dict) else {}
    return marks.get("affects_output") is not False and marks.get("only", command) == command
