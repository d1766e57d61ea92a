"""Sentences are of the reports that the tests of reports make up."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "reports"))
