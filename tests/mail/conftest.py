"""A stage whose bot sends e-mails to the sandbox's mail server, and readers of these e-mails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mail.reader import Reader
from tests.stage import Stage, staged

SENDER = "Trialbot <trialbot@harbour.example>"


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """A stage as elsewhere, with mail."""
    with staged(database_url, tmp_path, starts=False) as stage:
        stage._settings |= {"smtp_url": stage.webex.mail_server.url, "mail_from": SENDER}
        stage.bot = stage.another_bot()
        yield stage


@pytest.fixture
def reader(stage: Stage) -> Reader:
    """Somebody with a mail program and a browser."""
    return Reader(stage)
