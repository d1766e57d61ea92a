"""Trees: scikit-learn's, which take a second to import; loaded without pandas, which it only looks at.

Only learning imports this module.
"""

from typing import Any, Final

from forecast_cli.core.imports import import_without

#: scikit-learn's ``ExtraTreeRegressor``.
ExtraTreeRegressor: Final[Any] = import_without("pandas", "sklearn.tree").ExtraTreeRegressor
