"""Webex at a host name, as in production: silence, burst, silence, burst."""

import ssl
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import trustme

from sandbox.server import Sandbox
from tests.apart import apart
from tests.people import wait_for
from tests.soak.bursts import SIZE, Crowd

HANGS_UP_AFTER = 0.5

Make = Callable[..., Sandbox]


@pytest.fixture(params=["plain", "tls"])
def make_webex(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Make:
    """Webex at a host name; once behind TLS, with compressed and chunked answers."""
    by_name = partial(Sandbox, host="localhost", idle=HANGS_UP_AFTER)
    if request.param == "plain":
        return by_name
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    return partial(by_name, tls=tls, packed=True)


def test_a_burst_after_each_silence_is_answered(
    make_webex: Make, sqlite_url: str, tmp_path: Path
) -> None:
    with apart(sqlite_url, tmp_path, make_webex) as alone:
        alone.start()
        crowd = Crowd(alone.stage.webex)
        for _ in range(3):
            wait_for(lambda: not crowd.webex.connections, "Webex never hung up on everybody")
            assert crowd.burst() == SIZE
        assert alone.processes.end() == [0]
