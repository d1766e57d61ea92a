"""Content of the HTML page, section by section."""

from collections.abc import Sequence
from typing import Final

from forecast_cli.core.columns import level_label
from forecast_cli.core.ledger import WITH_FORECAST
from forecast_cli.core.text import counted, joined
from forecast_cli.evaluation.report import Fan, Report
from forecast_cli.reports import tables_run, tables_scores, tables_segments
from forecast_cli.reports.charts_fan import fan_chart
from forecast_cli.reports.charts_scores import (
    MOST_RELIABILITY,
    error_charts,
    interval_charts,
    models_drawn,
    reliability_charts,
)
from forecast_cli.reports.charts_svg import DASHES, SERIES, Ink
from forecast_cli.reports.escape import printable
from forecast_cli.reports.html_parts import ChartGroup, Section, Swatch, Tile, View
from forecast_cli.reports.tables import NONE, Cell, estimate, share, share_estimate
from forecast_cli.reports.tables_alarms import alarms_table, dates_table

_BAND_WIDTH: Final = 10
_MOST_FANS: Final = 12
_MOST_DAYS: Final = 12


def view_of(report: Report) -> View:
    """Return the content of the page for a report."""
    facts = report.facts
    parts = (
        printable(facts.input),
        counted(sum(facts.accounts.values()), "account"),
        counted(facts.windows, "window"),
        counted(len(report.leaderboard), "model"),
    )
    return View(
        title=tables_run.title_of(facts),
        about=" · ".join(parts),
        sentences=tuple(printable(sentence) for sentence in report.sentences),
        tiles=_tiles(report),
        sections=(
            _run(report),
            _leaderboard(report),
            _error(report),
            _intervals(report),
            _segments(report),
            _low_balance(report),
            _accounts(report),
            _problems(report),
        ),
    )


def _tiles(report: Report) -> tuple[Tile, ...]:
    if not report.leaderboard:
        return ()
    best = report.leaderboard[0]
    below = f"{share(best.skill.value).text} below the seasonal naive" if best.skill else "lower is better"
    tiles = [
        Tile("Best model", printable(best.model), f"of {counted(len(report.leaderboard), 'model')}"),
        Tile("sCRPS", estimate(best.of("scrps")).text, below),
    ]
    level = tables_scores.default_level(tables_scores.levels_shown(report))
    if level is not None:
        label = level_label(level)
        coverage = share_estimate(best.of(f"coverage_{label}"))
        tiles.append(Tile(f"{label} % interval", coverage.text, f"of actual balances lay inside{_bracketed(coverage)}"))
    forecast = sum(report.facts.accounts.get(status, 0) for status in WITH_FORECAST)
    total = sum(report.facts.accounts.values())
    done = "Accounts scored" if report.facts.is_score else "Accounts forecast"
    return (*tiles, Tile(done, f"{forecast:,}", f"of {total:,}"))


def _bracketed(cell: Cell) -> str:
    return "" if cell.note in ("", NONE) else f" ({cell.note})"


def _key(report: Report) -> tuple[Swatch, ...]:
    return tuple(
        Swatch(printable(model), SERIES[place].variable, DASHES[place])
        for place, model in enumerate(models_drawn(report))
    )


def _run(report: Report) -> Section:
    return Section(
        "run",
        "What was run",
        "",
        "",
        shown=(tables_run.facts_table(report.facts), tables_run.accounts_table(report.facts)),
        folded=(tables_run.settings_table(report.facts), tables_run.versions_table(report.facts)),
    )


def _leaderboard(report: Report) -> Section:
    return Section(
        "leaderboard",
        "Leaderboard",
        "Ranked by sCRPS, the error of the whole forecast in units of the account's own mean move; lower is better. "
        "Beneath a figure, its 95 % interval from a bootstrap over accounts.",
        "No model was scored.",
        shown=(tables_scores.leaderboard_table(report),),
        folded=(tables_scores.metrics_table(report), tables_segments.currencies_table(report)),
    )


def _error(report: Report) -> Section:
    return Section(
        "error",
        "Error by day ahead",
        "How the error grows over the horizon, from the first day forecast to the last." + _not_drawn(report),
        "No day of the horizon was scored.",
        swatches=_key(report),
        charts=(ChartGroup("", error_charts(report)),),
        folded=(tables_scores.step_figures_table(report, model=_best(report), most=_MOST_DAYS),),
    )


def _intervals(report: Report) -> Section:
    return Section(
        "intervals",
        "Intervals",
        "An 80 % interval is calibrated when 80 % of actual balances lie inside. Of two such, the narrower is better."
        + _not_drawn(report),
        "No interval was scored.",
        swatches=_key(report),
        charts=(ChartGroup("", interval_charts(report)),),
        folded=(tables_scores.levels_table(report),),
    )


def _segments(report: Report) -> Section:
    return Section(
        "segments",
        "Segments",
        "Where the best model of the leaderboard is strong and where it is weak. Segments are made from what was known "
        "before each cutoff.",
        "No segment was scored.",
        shown=(tables_segments.segments_table(report, model=_best(report)),),
        folded=(tables_segments.segments_table(report),),
    )


def _low_balance(report: Report) -> Section:
    return Section(
        "low-balance",
        "Low balances",
        "How good the probability is that the lowest balance of the first days lies under a threshold. A reliable one "
        "follows the dashed line: of all windows given 30 %, three in ten went under."
        + _left_out(len({(each.threshold, each.days) for each in report.reliability}), MOST_RELIABILITY),
        "No low balance was scored.",
        swatches=_key(report) if report.reliability else (),
        charts=(ChartGroup("", reliability_charts(report)),),
        shown=(tables_segments.low_balance_table(report), alarms_table(report), dates_table(report)),
        folded=(tables_segments.low_balance_segments_table(report, model=_best(report)),),
    )


def _accounts(report: Report) -> Section:
    kinds = list(dict.fromkeys(fan.kind for fan in report.fans))
    fans = [(kind, [fan for fan in report.fans if fan.kind == kind][:_MOST_FANS]) for kind in kinds]
    return Section(
        "accounts",
        "Accounts drawn",
        "Single windows: the balance before the cutoff, the forecast made then, and the actual balance."
        + _left_out(max((sum(fan.kind == kind for fan in report.fans) for kind in kinds), default=0), _MOST_FANS),
        "No account was drawn.",
        swatches=_fan_key(report.fans),
        charts=tuple(
            ChartGroup(
                printable(kind).capitalize(),
                tuple(fan_chart(fan, key=f"fan-{place}-{number}") for number, fan in enumerate(members, 1)),
            )
            for place, (kind, members) in enumerate(fans, 1)
        ),
    )


def _problems(report: Report) -> Section:
    return Section(
        "problems",
        "Failures and fallbacks",
        "Accounts and windows that failed, were skipped, or were forecast by a simpler model, grouped by reason.",
        "Every account and every window was forecast as requested.",
        shown=(tables_run.problems_table(report),),
    )


def _fan_key(fans: Sequence[Fan]) -> tuple[Swatch, ...]:
    levels = sorted({level for fan in fans for level, _, _ in fan.bands})
    bands = joined([f"{level_label(level)} %" for level in levels])
    return (
        Swatch("balance before the cutoff", Ink.KNOWN.variable, width=1.5),
        Swatch("actual balance", Ink.CAME.variable),
        Swatch("median forecast", Ink.BAND.variable, (6, 3)),
        *([Swatch(f"interval of {bands}", "band-pale", width=_BAND_WIDTH)] if bands else []),
    )


def _best(report: Report) -> str | None:
    return report.leaderboard[0].model if report.leaderboard else None


def _not_drawn(report: Report) -> str:
    rest = len(report.leaderboard) - len(models_drawn(report))
    return f" The {len(models_drawn(report))} best models are drawn; the tables hold all." if rest > 0 else ""


def _left_out(found: int, most: int) -> str:
    return f" The first {most} of {found} are drawn; report.json holds them all." if found > most else ""
