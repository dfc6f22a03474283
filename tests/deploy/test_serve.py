"""Where a server may listen."""

import socket

import pytest

from core.deploy.serve import check_address
from core.errors import BadInput, Busy


def test_a_port_that_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Busy, match="cannot be used"):
            check_address("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_port_out_of_range(port):
    with pytest.raises(BadInput, match="out of range"):
        check_address("127.0.0.1", port)


def test_off_loopback_only_with_a_token(monkeypatch):
    monkeypatch.delenv("ASSAY_TOKEN", raising=False)
    with pytest.raises(BadInput, match="ASSAY_TOKEN"):
        check_address("0.0.0.0", 8600)  # noqa: S104
    monkeypatch.setenv("ASSAY_TOKEN", "secret")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    check_address("0.0.0.0", port)  # noqa: S104
