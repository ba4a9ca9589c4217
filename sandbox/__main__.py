"""`python -m sandbox [-- COMMAND …]`: serve a Webex and run a bot against it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from sandbox.server import Sandbox

GRACE = 20.0
LOOPBACK = "127.0.0.1,localhost,::1"


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--port", default=8090, show_default=True, help="Where to serve.")
@click.option(
    "--clock-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the clock's offset is written for the bot (default: a temporary file).",
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def main(port: int, clock_file: Path | None, command: tuple[str, ...]) -> None:
    """Serve Webex's API at /v1 and a page at /, and run COMMAND as the bot."""
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        file = (clock_file or Path(folder) / "clock").resolve()
        try:
            sandbox = Sandbox(port, file)
        except OSError as error:
            raise click.ClickException(f"port {port}: {error.strerror}") from None
        with sandbox:
            click.echo(f"Webex sandbox: {sandbox.url}/")
            code = _run(command, _environment(sandbox, file)) if command else _wait()
    sys.exit(code)


def _environment(sandbox: Sandbox, clock_file: Path) -> dict[str, str]:
    bot = next(p for p in sandbox.world.people.values() if p.role == "bot")
    proxies = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
    direct = f"{proxies},{LOOPBACK}" if proxies else LOOPBACK
    return os.environ | {
        "WEBEX_ACCESS_TOKEN": bot.token,
        "WEBEX_BASE_URL": f"{sandbox.url}/v1/",
        "TRIALBOT_CLOCK_FILE": str(clock_file),
        "SMTP_URL": sandbox.mail_server.url,
        "TRIALBOT_MAIL_FROM": f"Trialbot <{bot.email}>",
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


def _run(command: tuple[str, ...], environment: dict[str, str]) -> int:
    """Run the bot in its own process group, so that a Ctrl-C reaches it only once: through us."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: asked.append(number))
    try:
        child = subprocess.Popen(command, env=environment, start_new_session=True)
    except OSError as error:
        raise click.ClickException(f"{command[0]}: {error.strerror}") from None
    patience = float("inf")
    while (code := _ended(child)) is None:
        while asked:
            _signal(child, asked.pop(0))
            patience = min(patience, time.monotonic() + GRACE)
        if time.monotonic() > patience:
            _signal(child, signal.SIGKILL)
    return code if code >= 0 else 128 - code


def _ended(child: subprocess.Popen[bytes]) -> int | None:
    try:
        return child.wait(0.1)
    except subprocess.TimeoutExpired:
        return None


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return


def _wait() -> int:
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: asked.append(number))
    while not asked:
        time.sleep(0.1)
    return 0


if __name__ == "__main__":
    main()
