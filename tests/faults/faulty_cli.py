"""The command line with models that fail: ``python faulty_cli.py forecast ...``."""

if __name__ == "__main__":
    import faulty_model

    from forecast_cli.__main__ import main
    from forecast_cli.workflows import backtest, forecast

    faulty_model.install()
    forecast.forecast_shard = faulty_model.forecast_shard
    backtest.backtest_shard = faulty_model.backtest_shard
    main()
