"""Addresses of a cluster are asked before its package is, which would wait for minutes."""

import socket
from collections.abc import Iterator

import pytest

from forecast_cli.engine.cluster import refuse_silent

SILENT = "127.0.0.1:1"


@pytest.fixture
def listening() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_one_address_that_answers_is_enough(listening: str) -> None:
    for addresses in ([listening], [f"spark://{SILENT}", listening], [listening, SILENT]):
        refuse_silent(addresses)


@pytest.mark.parametrize("address", ["", "auto", "ray://[::1]", "local"])
def test_an_address_without_a_port_is_not_asked(address: str) -> None:
    refuse_silent([address])


@pytest.mark.parametrize("addresses", [[SILENT], ["spark://127.0.0.1:2", SILENT]])
def test_addresses_at_which_nothing_answers_are_refused_by_name(addresses: list[str]) -> None:
    with pytest.raises(ConnectionError) as refused:
        refuse_silent(addresses)
    assert str(refused.value) == f"nothing answers at {','.join(addresses)}: Connection refused"


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(ConnectionError, match="nothing answers at localhost:99999"):
        refuse_silent(["localhost:99999"])
