"""Files of the sample: the same seed gives the same bytes, and files are complete or absent."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forecast_cli.core.errors import OutputConflictError, OutputNotWrittenError
from forecast_cli.core.progress import NullProgress
from forecast_cli.data.sample import write
from forecast_cli.data.sample.block import describe_accounts, generate_block
from forecast_cli.data.sample.spec import SampleSpec, SampleSummary
from forecast_cli.data.sample.write import write_sample

SPEC = SampleSpec(accounts=120, days=90, seed=7)
_WRITE = """
import sys
from pathlib import Path
from forecast_cli.core.progress import NullProgress
from forecast_cli.data.sample.spec import SampleSpec
from forecast_cli.data.sample.write import write_sample
write_sample(SampleSpec(accounts=120, days=90, seed=7), Path(sys.argv[1]), NullProgress())
"""


class Listener(NullProgress):
    def __init__(self) -> None:
        self.stages: list[tuple[str, int]] = []
        self.done = 0

    def start(self, description: str, total: int, *_: object) -> None:
        self.stages.append((description, total))

    def advance(self, count: int) -> None:
        self.done += count


def write_to(folder: Path, spec: SampleSpec = SPEC, *, force: bool = False) -> SampleSummary:
    return write_sample(spec, folder, NullProgress(), force=force)


def digests(folder: Path) -> list[str]:
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.glob("*"))]


def test_same_seed_same_bytes(tmp_path: Path):
    write_to(tmp_path / "a")
    write_to(tmp_path / "b")
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_same_bytes_in_another_process_with_other_threads_and_hashes(tmp_path: Path):
    write_to(tmp_path / "a")
    other = os.environ | {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "12345"}
    subprocess.run([sys.executable, "-c", _WRITE, str(tmp_path / "b")], env=other, check=True)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_other_seed_other_bytes(tmp_path: Path):
    write_to(tmp_path / "a")
    write_to(tmp_path / "b", SampleSpec(accounts=120, days=90, seed=8))
    assert digests(tmp_path / "a") != digests(tmp_path / "b")


def test_files_hold_what_was_generated_and_the_summary_counts_it(tmp_path: Path):
    summary = write_to(tmp_path)
    frame = pl.read_parquet(tmp_path / "part-00000.parquet")
    expected = generate_block(SPEC, 0, 120)
    text = pl.col("account_type", "currency").cast(pl.String)
    assert frame.with_columns(text).equals(expected.with_columns(text))
    assert (summary.accounts, summary.rows) == (120, expected.height)
    assert summary.files == (tmp_path / "part-00000.parquet",)
    assert summary.bytes == summary.files[0].stat().st_size
    kinds = describe_accounts(SPEC, 0, 120)["account_type"].cast(pl.String)
    assert summary.account_types == dict(kinds.value_counts().iter_rows())
    assert sum(summary.account_types.values()) == 120


def test_large_samples_are_cut_into_files_and_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(write, "ACCOUNTS_PER_FILE", 2_000)
    summary = write_to(tmp_path, SampleSpec(accounts=2_500, days=7, seed=7))
    assert [file.name for file in summary.files] == ["part-00000.parquet", "part-00001.parquet"]
    assert [pq.ParquetFile(file).num_row_groups for file in summary.files] == [2, 1]
    read = pl.concat([pl.read_parquet(file) for file in summary.files])
    assert read["account_id"].is_sorted()
    assert read["account_id"].n_unique() == 2_500


def test_a_flipped_bit_is_found_by_the_page_checksum(tmp_path: Path):
    file = write_to(tmp_path).files[0]
    column = pq.ParquetFile(file).metadata.row_group(0).column(2)
    data = bytearray(file.read_bytes())
    data[column.dictionary_page_offset + column.total_compressed_size // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(OSError, match="CRC"):
        pq.read_table(file, page_checksum_verification=True)


def test_progress_counts_accounts(tmp_path: Path):
    listener = Listener()
    write_sample(SampleSpec(accounts=1_200, days=5, seed=7), tmp_path, listener)
    assert listener.stages == [("Writing sample accounts", 1_200)]
    assert listener.done == 1_200


def test_an_earlier_sample_is_replaced_only_by_force(tmp_path: Path):
    write_to(tmp_path)
    before = digests(tmp_path)
    (tmp_path / "part-00007.parquet").write_bytes(b"left over")
    with pytest.raises(OutputConflictError, match="already holds part files"):
        write_to(tmp_path)
    write_to(tmp_path, force=True)
    assert digests(tmp_path) == before


def test_a_run_that_fails_leaves_the_earlier_sample_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_to(tmp_path)
    before = digests(tmp_path)

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write.os, "fsync", full)
    with pytest.raises(OutputNotWrittenError, match="No space left on device"):
        write_to(tmp_path, SampleSpec(accounts=5, days=5, seed=1), force=True)
    assert digests(tmp_path) == before


def test_an_output_that_is_a_file_is_reported(tmp_path: Path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(OutputNotWrittenError, match="taken"):
        write_to(tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_the_sample_of_the_repository_is_what_is_written(tmp_path: Path):
    sample = Path(__file__).parents[3] / "data" / "sample"
    if pa.__version__ not in pq.read_metadata(sample / "part-00000.parquet").created_by:
        pytest.skip("the sample was written by another version of pyarrow, which names itself in its footers")
    write_to(tmp_path, SampleSpec(accounts=250, days=730, seed=7))
    assert digests(tmp_path) == digests(sample)
