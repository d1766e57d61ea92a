"""The browser reads the reports that the unit tests make up."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "reports"))
