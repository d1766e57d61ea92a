"""The benchmarks: bounds, margins, processes measured with all their children, and pictures."""

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import benchmarks
from benchmarks import ratios, scale
from benchmarks.memory_picture import draw
from benchmarks.process import Measured, in_turn, measure
from benchmarks.rows import Row, at_least, at_most, compared, print_rows


def _row(figure: float) -> Row:
    return Row("forecast, times as long", "polars alone", 3.0, 2.0, figure, at_most(1.5))


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(benchmarks.__path__)])
def test_every_benchmark_finds_what_it_measures(name: str):
    assert name == "__main__" or importlib.import_module(f"benchmarks.{name}")


def test_bound_is_met_up_to_and_with_itself():
    assert at_most(1.5).met_by(1.5)
    assert not at_most(1.5).met_by(1.51)
    assert at_least(3).met_by(3)
    assert not at_least(3).met_by(2.99)


def test_margin_loosens_a_bound_to_the_side_that_is_allowed():
    assert at_most(2).loosened(0.5).bound == 3
    assert at_least(2).loosened(0.5).bound == 1


def test_figure_of_two_sides_is_how_many_times_as_much_or_where_it_has_a_minimum_how_many_times_less():
    assert compared("times as long", "the other", 6.0, 2.0, at_most(4)).figure == 3
    assert compared("times as fast", "the other", 2.0, 6.0, at_least(3)).figure == 3


def test_table_says_what_was_missed(capsys):
    print_rows([_row(1.4), _row(1.6)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[-1] for line in lines[1:]] == ["met", "MISSED"]


def test_ratio_beyond_its_margin_ends_with_exit_code_1(monkeypatch):
    monkeypatch.setattr(ratios, "run", lambda: [_row(1.5 * (1 + ratios.MARGIN) + 0.01)])
    with pytest.raises(SystemExit, match="off target by more than 50%: forecast, times as long"):
        ratios.main()


def test_ratio_within_its_margin_is_let_pass(monkeypatch, capsys):
    monkeypatch.setattr(ratios, "run", lambda: [_row(1.5 * (1 + ratios.MARGIN))])
    ratios.main()
    assert "None is off its target" in capsys.readouterr().out


def test_sides_are_run_in_turn_and_reported_by_side():
    order = []

    def side(name: str) -> Measured:
        order.append(name)
        return Measured(float(len(order)), 0.0, ())

    ours, theirs = in_turn(lambda: side("ours"), lambda: side("theirs"), turns=2)
    assert order == ["ours", "theirs", "ours", "theirs"]
    assert [[run.seconds for run in runs] for runs in (ours, theirs)] == [[1, 3], [2, 4]]


def test_ratios_are_medians_of_turns_and_say_who_is_slower():
    ours, theirs = ([Measured(seconds, 0.0, ()) for seconds in side] for side in ((2, 4, 30), (1, 2, 5)))
    longer = scale._times_as_long("forecast, times as long", "polars alone", ours, theirs, at_most(8))
    assert (longer.ours, longer.theirs, longer.figure) == (4, 2, 2)
    faster = scale.workers("forecast", theirs, ours)
    assert (faster.ours, faster.theirs, faster.figure) == (2, 4, 2)


_HOLD = "x = bytearray(200 << 20); import time; time.sleep(1)"


def test_memory_of_children_is_counted():
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_HOLD!r}], check=True)"
    measured = measure([sys.executable, "-c", code])
    assert 200 < measured.peak < 400
    assert measured.seconds > 1


def test_failure_of_a_command_is_not_measured():
    with pytest.raises(subprocess.CalledProcessError):
        measure([sys.executable, "-c", "raise SystemExit(3)"])


def test_picture_keeps_the_highest_point_of_each_run(tmp_path: Path):
    flat = Measured(10.0, 1.0, tuple((at / 100, 500.0) for at in range(1000)))
    peaked = Measured(10.0, 1.0, tuple((at / 100, 1900.0 if at == 501 else 100.0) for at in range(1000)))
    draw({"flat": flat, "peaked": peaked}, tmp_path / "memory.svg")
    drawn = (tmp_path / "memory.svg").read_text(encoding="utf-8")
    assert drawn.startswith("<svg")
    assert ">2,000<" in drawn
