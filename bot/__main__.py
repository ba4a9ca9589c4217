"""The command line: `trialbot run`, and what an operator needs beside it."""

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import click
from pydantic import ValidationError

from bot.settings import Settings

if TYPE_CHECKING:
    pass

LANGUAGES = ("en", "bg")

# A thread that comes back from SQLite waits at most so long for Python's lock; with the usual 5 ms
# a transaction of fifteen short statements is held up for most of its time.
SWITCH_INTERVAL = 0.0005


@click.group()
def main() -> None:
    """Keep the trials that a Webex partner runs for its customers."""


# ------------------------------------------------------------------ what runs


@main.command()
def run() -> None:
    """Serve Webex and do the work, in one process. On SQLite it migrates by itself."""
    _serve(web=True, work=True)


@main.command()
def web() -> None:
    """Serve Webex only: store events and answer at once."""
    _serve(web=True, work=False)


@main.command()
def worker() -> None:
    """Do the work only: take events, ring reminders, deliver messages."""
    _serve(web=False, work=True)


def _serve(*, web: bool, work: bool) -> None:
    # What is imported stays: to look for garbage in it meanwhile takes a seventh of the start.
    gc.disable()
    from bot.observe import set_up_logging
    from bot.run import Bot

    settings = _settings()
    _trust_certificates(settings)
    set_up_logging(settings.log_level)
    sys.setswitchinterval(SWITCH_INTERVAL)
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    _stay_on(settings.core)
    try:
        bot = Bot(settings, web=web, work=work)
    except OSError as error:
        raise click.ClickException(f"port {settings.port}: {error.strerror}") from None
    bot.start()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()
    while not done.wait(0.5) and not bot.failed.is_set():
        continue
    bot.stop()
    sys.exit(int(bot.failed.is_set()))


def _stay_on(core: int | None) -> None:
    """An interpreter uses one core at a time, and to wake a thread on another one is dear."""
    if core is None:
        return
    try:
        os.sched_setaffinity(0, {core})
    except (AttributeError, OSError) as error:
        raise click.ClickException(f"TRIALBOT_CORE={core}: {error}") from None


# ------------------------------------------------------------------ what an operator does


@main.command()
def migrate() -> None:
    """Bring the database's tables up to this version."""
    with _database() as database:
        database.migrate()
    click.echo("The tables are of this version.")


@main.command()
@click.argument("room_id")
@click.option("--partner", required=True, help="The partner's name, or the number of a known one.")
@click.option("--tier", type=click.IntRange(1, 2), default=1, show_default=True)
@click.option("--distributor", default="", help="A tier 2 partner's distributor.")
@click.option("--title", help="The space's title, if Webex shall not be asked for it.")
@click.option("--time-zone", default="UTC", show_default=True, help="An IANA name.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--country", default="", help="An ISO code, for public holidays.")
@click.option("--hour", type=click.IntRange(0, 23), default=9, show_default=True)
@click.option("--full", multiple=True, help="A full administrator's address; may be repeated.")
@click.option("--administrator", multiple=True, help="An administrator's address.")
@click.option("--read-only", multiple=True, help="A read-only administrator's address.")
def setup(room_id: str, **given: Any) -> None:
    """Link the space ROOM_ID to a partner and give its people their roles."""
    from bot.link import link

    with _context() as (context, gateway):
        title = given.pop("title") or _reach(lambda: str(gateway.room(room_id).get("title", "")))
        number = link(context, room_id, title, **given)
    click.echo(f"Linked: {title} (partner {number}).")


@main.command()
def demo() -> None:
    """Make a small set of trials for every linked partner, to look at in the sandbox."""
    from bot.demo import fill

    with _context() as (context, _), context.database.transaction() as session:
        made = fill(session, context.calendar.now())
    click.echo(f"Made {made} trials.")


@main.command()
def webhooks() -> None:
    """Create or repair our webhooks at Webex; others' are left alone."""
    from bot import identity
    from bot.webhooks import repair

    with _context() as (context, gateway):
        secret = identity.secret(context.settings, context.database).decode()
        done = _reach(lambda: repair(gateway, context.public_url, secret))
    click.echo(
        f"created {done.created}, repaired {done.repaired}"
        f" (of them revived {done.revived}), dropped {done.dropped}"
    )


@main.command()
def doctor() -> None:
    """Check everything; the exit code is 1 if one check is red."""
    from bot.doctor import examine

    ill = False
    with _context() as (context, gateway):
        for finding in examine(context, gateway):
            ill |= not finding.ok
            click.echo(f"{'ok ' if finding.ok else 'RED'}  {finding.check}: {finding.said}")
    sys.exit(int(ill))


@main.command()
@click.argument("queue_name", metavar="inbox|outbox", type=click.Choice(("inbox", "outbox")))
@click.argument("numbers", nargs=-1, type=int)
@click.option("--all", "everything", is_flag=True, help="All that couldn't be done.")
def retry(queue_name: str, numbers: tuple[int, ...], everything: bool) -> None:
    """Put what couldn't be done at the queue's tail once more; without numbers, list it."""
    from bot.again import list_buried, retry_all

    with _database() as database:
        if numbers or everything:
            _print(retry_all(database, queue_name, numbers))
        else:
            _print(list_buried(database, queue_name))


@main.command()
def hold() -> None:
    """Send nothing until `release`; events are taken in meanwhile. For a restored database."""
    from bot.pauses import hold as hold_all

    with _database() as database:
        hold_all(database)
    click.echo("Nothing is sent until `trialbot release`; `trialbot doctor` lists what waits.")


@main.command()
def release() -> None:
    """Send again what `hold` kept back."""
    from bot.pauses import release as release_all

    with _database() as database:
        release_all(database)
    click.echo("Messages are sent again.")


# ------------------------------------------------------------------ how


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        reasons = [str(each["msg"]).removeprefix("Value error, ") for each in error.errors()]
        raise click.ClickException("; ".join(reasons)) from None


def _trust_certificates(settings: Settings) -> None:
    from bot.webex.certificates import trust_certificates

    try:
        trust_certificates(settings.base_url)
    except ValueError as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def _database() -> Any:
    from store.db import Database

    with closing(Database(_settings().database_url, connections=2)) as database:
        yield database


@contextmanager
def _context() -> Any:
    """The context of a command and a gateway to Webex."""
    from bot.clock import Calendar
    from bot.context import Context
    from bot.pauses import Pauses
    from bot.webex.gateway import Gateway

    settings = _settings()
    _trust_certificates(settings)
    with _database() as database:
        context = Context(settings, database, Calendar(settings.clock_file))
        context.public_url = settings.reached_at
        pauses = Pauses(database, context.metrics)
        token = settings.access_token.get_secret_value()
        yield context, Gateway(token, settings.base_url, pauses, context.metrics)


def _reach(ask: Callable[[], Any]) -> Any:
    """Ask Webex; say in one line why it can't be asked."""
    from bot.failures import Again, Undeliverable

    try:
        return ask()
    except (Again, Undeliverable) as error:
        raise click.ClickException(f"Webex: {error}") from None


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


if __name__ == "__main__":
    main()
