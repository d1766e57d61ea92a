"""``forecast-cli sample``: seeded synthetic accounts."""

from pathlib import Path
from typing import Annotated

import typer

from forecast_cli.cli.flags import is_quiet, takes
from forecast_cli.cli.options.shared import LogOptions, QuietOptions, of_this_machine


@takes(QuietOptions, LogOptions)
def sample(
    ctx: typer.Context,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder to write to.", metavar="DIR", callback=of_this_machine)
    ],
    accounts: Annotated[int, typer.Option("--accounts", help="Number of accounts.", metavar="COUNT")] = 250,
    days: Annotated[int, typer.Option("--days", help="Days of history.", metavar="DAYS")] = 730,
    seed: Annotated[
        int, typer.Option("--seed", help="Random seed; the same seed gives the same files.", metavar="NUMBER")
    ] = 7,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier sample in the folder.")] = False,
) -> None:
    """Generate synthetic accounts to try the tool with.

    The accounts have realistic pay cycles, bills, overdrafts and gaps.
    """
    from forecast_cli.cli.progress import reporting_progress
    from forecast_cli.cli.views.sample import end_sample
    from forecast_cli.data.sample.spec import SampleSpec
    from forecast_cli.data.sample.write import write_sample

    spec = SampleSpec(accounts, days, seed)
    with reporting_progress(ctx.obj, quiet=is_quiet(ctx)) as progress:
        summary = write_sample(spec, output, progress, force=force)
    end_sample(ctx.obj, summary, output, quiet=is_quiet(ctx))
