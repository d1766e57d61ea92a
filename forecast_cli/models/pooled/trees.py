"""The tree class of scikit-learn, imported without pandas, which scikit-learn does not need here.

The import takes a second; only learning imports this module.
"""

from typing import Any, Final

from forecast_cli.core.imports import import_without

#: scikit-learn's ``ExtraTreeRegressor``.
ExtraTreeRegressor: Final[Any] = import_without("pandas", "sklearn.tree").ExtraTreeRegressor
