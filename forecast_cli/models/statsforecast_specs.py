"""Registry entries of the statsforecast models: how each is built, what it needs and where its intervals come from."""

from typing import Final

from forecast_cli.models import drift
from forecast_cli.models.conformal import ConformalWindows
from forecast_cli.models.naive import MIN_OBS
from forecast_cli.models.spec import IntervalMethod, ModelKind, ModelSpec, Seasons, SeasonUse, as_is
from forecast_cli.models.statsforecast_adapter import Estimator, Route, SeriesModel
from forecast_cli.models.statsforecast_forward import stay_fitted

#: Longest season with which these models are fitted. A longer one would take minutes, and more parameters than the
#: history of an account can determine. R's forecast package (ets) has the same bound.
_MAX_SEASON: Final = 24
#: Windows of conformal intervals. Each takes another fit, so there are fewer if a fit is expensive.
_CHEAP_WINDOWS: Final = 10
_EXPENSIVE_WINDOWS: Final = 4
_AVERAGED_SEASONS: Final = 3

_ADDITIVE: Final = "additive forms only: no multiplicative error, trend or season"
_WITHOUT_SEASON: Final = f"seasons longer than {_MAX_SEASON} days are not modelled"


def _seasonal_windows(seasons: Seasons) -> ConformalWindows:
    return ConformalWindows(_AVERAGED_SEASONS * seasons[0], _CHEAP_WINDOWS)


def _needs_two_seasons(seasons: Seasons, _h: int = 1) -> int:
    return max(2 * max(seasons), MIN_OBS)


def _loess_needs(seasons: Seasons, _h: int) -> int:
    """Return 2.5 seasons at least: with 2, 80 % intervals covered 55 % on real balances, and Naive was better."""
    return max((5 * max(seasons) + 1) // 2, MIN_OBS)


def _ces_windows(seasons: Seasons) -> ConformalWindows:
    return ConformalWindows(_needs_two_seasons(seasons), _EXPENSIVE_WINDOWS)


def _mfles_windows(seasons: Seasons) -> ConformalWindows:
    return ConformalWindows(_needs_two_seasons(seasons), _CHEAP_WINDOWS)


def _theta_spec(name: str, summary: str, *, cost_ms: float) -> ModelSpec:
    return ModelSpec(
        name=name,
        summary=summary,
        kind=ModelKind.SERIES,
        intervals=IntervalMethod.SIMULATED,
        cost_ms=cost_ms,
        build=lambda seasons: SeriesModel(
            Estimator(name, {"season_length": seasons[0], "decomposition_type": "additive"}), Route.THETA
        ),
        make_updatable=stay_fitted,
        needs=_needs_two_seasons,
        seasons=SeasonUse.ONE,
        notes="additive season, if the balance passes a test for seasonality",
    )


SEASONAL_WINDOW_AVERAGE = ModelSpec(
    name="SeasonalWindowAverage",
    summary=f"the mean of the same day in the last {_AVERAGED_SEASONS} seasons",
    kind=ModelKind.SERIES,
    intervals=IntervalMethod.CONFORMAL,
    cost_ms=0.2,
    build=lambda seasons: SeriesModel(
        Estimator("SeasonalWindowAverage", {"season_length": seasons[0], "window_size": _AVERAGED_SEASONS}),
        windows=_seasonal_windows(seasons),
    ),
    make_updatable=as_is,
    needs=lambda seasons, h: _seasonal_windows(seasons).min_obs(h),
    seasons=SeasonUse.ONE,
)

SIMPLE_EXPONENTIAL_SMOOTHING = ModelSpec(
    name="SimpleExponentialSmoothing",
    summary="exponential smoothing of the level, with fitted alpha",
    kind=ModelKind.SERIES,
    intervals=IntervalMethod.NORMAL,
    cost_ms=0.5,
    build=lambda _seasons: SeriesModel(Estimator("SimpleExponentialSmoothingOptimized"), Route.FIT),
    needs=lambda _seasons, _h: MIN_OBS,
    notes="alpha is between 0.01 and 0.99, fitted by least squares",
)

HOLT = ModelSpec(
    name="Holt",
    summary="exponential smoothing of level and trend, damped if that fits better",
    kind=ModelKind.SERIES,
    intervals=IntervalMethod.NORMAL,
    cost_ms=12,
    build=lambda _seasons: SeriesModel(Estimator("Holt", {"error_type": "A"})),
    make_updatable=stay_fitted,
    needs=lambda _seasons, _h: drift.MIN_OBS,
    notes="ETS(A,A,N) or ETS(A,Ad,N), chosen by AICc",
)

AUTO_ETS = ModelSpec(
    name="AutoETS",
    summary="exponential smoothing, the best additive form",
    kind=ModelKind.SERIES,
    intervals=IntervalMethod.NORMAL,
    cost_ms=13,
    seasonal_ms=110,
    build=lambda seasons: SeriesModel(Estimator("AutoETS", {"season_length": seasons[0], "model": "AZZ"})),
    make_updatable=stay_fitted,
    needs=_needs_two_seasons,
    seasons=SeasonUse.ONE,
    max_season=_MAX_SEASON,
    notes=f"{_ADDITIVE}; {_WITHOUT_SEASON}; 110 ms with a season of 7",
)

AUTO_THETA = _theta_spec("AutoTheta", "the best of four theta models", cost_ms=75)
DYNAMIC_OPTIMIZED_THETA = _theta_spec("DynamicOptimizedTheta", "the dynamic optimised theta model", cost_ms=25)

AUTO_CES = ModelSpec(
    name="AutoCES",
    summary="complex exponential smoothing, the best form",
    kind=ModelKind.SERIES,
    intervals=IntervalMethod.CONFORMAL,
    cost_ms=120,
    build=lambda seasons: SeriesModel(
        Estimator("AutoCES", {"season_length": seasons[0]}), windows=_ces_windows(seasons)
    ),
    needs=lambda seasons, h: _ces_windows(seasons).min_obs(h),
    seasons=SeasonUse.ONE,
    max_season=_MAX_SEASON,
    notes=f"{_WITHOUT_SEASON}; statsforecast's own intervals are not used: those of 80 % covered 52 %",
)

MSTL = ModelSpec(
    name="MSTL",
    summary="seasons removed by loess, the rest forecast by exponential smoothing",
    kind=ModelKind.SERIES,
    intervals=IntervalMethod.NORMAL,
    cost_ms=25,
    build=lambda seasons: SeriesModel(
        Estimator(
            "MSTL",
            {"season_length": list(seasons), "trend_forecaster": Estimator("AutoETS", {"model": "AZN"})},
        )
    ),
    make_updatable=stay_fitted,
    needs=_loess_needs,
    seasons=SeasonUse.MANY,
    min_season=2,
    notes=f"takes several seasons, as in MSTL(7,30); {_ADDITIVE}",
)

MFLES = ModelSpec(
    name="MFLES",
    summary="boosting over median, trend, Fourier seasons and smoothing",
    kind=ModelKind.SERIES,
    intervals=IntervalMethod.CONFORMAL,
    cost_ms=35,
    build=lambda seasons: SeriesModel(
        Estimator("MFLES", {"season_length": list(seasons), "multiplicative": False}), windows=_mfles_windows(seasons)
    ),
    needs=lambda seasons, h: _mfles_windows(seasons).min_obs(h),
    seasons=SeasonUse.MANY,
    min_season=2,
    notes="takes several seasons; additive",
)

AUTO_ARIMA = ModelSpec(
    name="AutoARIMA",
    summary="ARIMA, with orders found by stepwise search",
    kind=ModelKind.SERIES,
    intervals=IntervalMethod.NORMAL,
    cost_ms=250,
    build=lambda seasons: SeriesModel(Estimator("AutoARIMA", {"season_length": seasons[0]})),
    make_updatable=stay_fitted,
    needs=_needs_two_seasons,
    seasons=SeasonUse.ONE,
    max_season=_MAX_SEASON,
    notes=f"{_WITHOUT_SEASON}; 2 s with a season of 7",
)

CONFORMAL_SEASONAL_POOL = ModelSpec(
    name="ConformalSeasonalPool",
    summary="the balance of the same day in the last season, with intervals from past days and errors",
    kind=ModelKind.SERIES,
    intervals=IntervalMethod.SIMULATED,
    cost_ms=3,
    build=lambda seasons: SeriesModel(Estimator("ConformalSeasonalPool", {"season_length": seasons[0]}), Route.SAMPLES),
    make_updatable=as_is,
    needs=_needs_two_seasons,
    seasons=SeasonUse.ONE,
    notes="1,000 seeded samples; its median is not its mean",
)
