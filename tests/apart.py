"""A stage whose bot runs as its own process (`trialbot run`), so that it can be killed."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.webex.webhooks import WANTED
from sandbox.server import Sandbox
from tests.people import wait_for
from tests.soak.processes import Processes
from tests.stage import HARBOUR, Stage, staged


class Apart:
    """A stage with people but no bot in it, and the processes that answer them."""

    def __init__(
        self, stage: Stage, folder: Path, commands: Sequence[str], more: dict[str, str]
    ) -> None:
        self.stage = stage
        settings = stage._settings
        self.processes = Processes(
            commands,
            folder,
            WEBEX_ACCESS_TOKEN=str(settings["access_token"]),
            WEBEX_BASE_URL=str(settings["base_url"]),
            DATABASE_URL=str(settings["database_url"]),
            TRIALBOT_CLOCK_FILE=str(settings["clock_file"]),
            **more,
        )

    def start(self) -> float:
        """Start and wait until the webhooks exist; seconds until the web door was open."""
        began = time.monotonic()
        self.processes.start()
        ready = time.monotonic() - began
        wait_for(self._is_told, "the webhooks were never made", 60)
        return ready

    def kill(self) -> None:
        """Kill all processes, as a power cut would."""
        for process in self.processes.all:
            process.kill()

    def _is_told(self) -> bool:
        hooks = self.stage.webex.webhooks.all()
        ours = [hook for hook in hooks if hook.target_url.startswith(self.processes.url)]
        return len(ours) == len(WANTED)


@contextmanager
def apart(
    database_url: str,
    folder: Path,
    make_webex: Callable[..., Sandbox] = Sandbox,
    *,
    commands: Sequence[str] = ("run",),
    **more: str,
) -> Iterator[Apart]:
    """The partner's space is linked; nothing is started yet. `more`: the processes' environment."""
    with staged(database_url, folder, make_webex) as stage:
        stage.link("partner-space", "Harbour Networks", HARBOUR)
        stage.bot.stop()
        stage._bots.clear()
        alone = Apart(stage, folder, commands, more)
        try:
            yield alone
        finally:
            alone.processes.destroy()
