"""The command line: `trialbot run` and the operator's other commands."""

import gc
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click
from pydantic import ValidationError

from bot.settings import PUBLIC_URL, SECRET, TOKEN, DatabaseSettings, Settings

if TYPE_CHECKING:
    from bot.engine.context import Context
    from bot.webex.gateway import Gateway
    from store.database.database import Database

LOOK_EVERY = 0.1
"""Seconds between checks for a termination signal."""
_WHAT_TO_DO = "; the bot's user must be able to write to the file and to its folder"

ALL_OF_WEBEX = (TOKEN, PUBLIC_URL, SECRET)

BEFORE_OPEN_CHANGES = tuple(f"{number:04}" for number in range(1, 9))
"""Schema versions of older releases, whose processes must not run alongside this one.

They would move a trial's dates at once, and can't read the newer kinds of change.
"""

S = TypeVar("S", bound=DatabaseSettings)


@click.group()
def main() -> None:
    """Keep track of the trials that a Webex partner runs for its customers."""


# ------------------------------------------------------------------ processes


@main.command()
def run() -> None:
    """Serve webhooks and do the work in one process. On SQLite, migrate first."""
    _serve(web=True, work=True)


@main.command()
def web() -> None:
    """Serve webhooks only: check and store events, and answer at once."""
    _serve(web=True, work=False)


@main.command()
def worker() -> None:
    """Do the work only: handle events, ring reminders, send messages."""
    _serve(web=False, work=True)


def _serve(*, web: bool, work: bool) -> None:
    # Imports stay in memory anyway; collecting garbage during them takes a seventh of startup.
    gc.disable()
    from bot.clock import run_in_utc
    from bot.observe import set_up_logging
    from bot.process.run import Bot

    run_in_utc()
    settings = _settings(*ALL_OF_WEBEX)
    if settings.is_on_sqlite and not (web and work):
        raise click.ClickException(
            "on SQLite one process does everything: start `trialbot run` instead,"
            " or set DATABASE_URL to PostgreSQL"
        )
    _trust_certificates(settings)
    set_up_logging(settings.log_level)
    # Not an Event: a second signal that arrives during `set()` would deadlock.
    asked_to_end: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: asked_to_end.append(number))
    _stay_on(settings.core)
    try:
        with _plainly():
            bot = Bot(settings, web=web, work=work)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        at = f"TRIALBOT_HOST={settings.host} PORT={settings.port}"
        raise click.ClickException(f"{at} can't be listened on: {why}") from None
    try:
        if not bot.context.database.is_sqlite:
            _need_tables(bot.context.database)
        with _plainly():
            bot.start()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        gc.enable()
        pause = threading.Event()
        while not asked_to_end and not bot.failed.is_set():
            pause.wait(LOOK_EVERY)
    finally:
        bot.stop()
    sys.exit(int(bot.failed.is_set()))


def _stay_on(core: int | None) -> None:
    """Pin the process to one core: Python uses one at a time, and cross-core wake-ups cost more."""
    if core is None:
        return
    try:
        os.sched_setaffinity(0, {core})
    except (AttributeError, OSError) as error:
        raise click.ClickException(f"TRIALBOT_CORE={core}: {error}") from None


# ------------------------------------------------------------------ operator commands


@main.command()
def migrate() -> None:
    """Create the database's tables, or update them to this version."""
    with _database(tables=False) as database, _plainly():
        _need_an_end_of_the_previous_release(database)
        database.migrate()
    click.echo("The tables are up to date.")


def _offered(context: click.Context, option: click.Parameter, language: str | None) -> str | None:
    """Check that a language is available. Raises BadParameter."""
    from cards.kit.words import languages

    if language is not None and language not in languages():
        raise click.BadParameter(f"choose one of: {', '.join(languages())}")
    return language


@main.command()
@click.argument("room_id")
@click.option(
    "--partner", required=True, help="The partner's name, or an existing partner's number."
)
@click.option(
    "--tier",
    type=click.IntRange(1, 2),
    default=1,
    show_default=True,
    help="A tier 2 partner orders through a distributor.",
)
@click.option("--distributor", default="", help="The distributor of a tier 2 partner.")
@click.option("--title", help="The space's title; without it, the bot asks Webex.")
@click.option("--time-zone", help="An IANA time zone or its city. A new space needs it.")
@click.option("--language", callback=_offered, help="The language of the space; of a new one, en.")
@click.option("--country", help="A country, for its weekend and public holidays.")
@click.option(
    "--hour",
    type=click.IntRange(0, 23),
    help="The hour at which reminders ring; in a new space, 9.",
)
@click.option(
    "--full", multiple=True, help="A full administrator's e-mail address; can be repeated."
)
@click.option(
    "--administrator", multiple=True, help="An administrator's e-mail address; can be repeated."
)
@click.option(
    "--read-only",
    multiple=True,
    help="A read-only administrator's e-mail address; can be repeated.",
)
def setup(room_id: str, **given: Any) -> None:
    """Link the space ROOM_ID, or change what you name of a linked one, and give people roles."""
    from bot.process.link import link

    title = given.pop("title")
    with _context(*(() if title else (TOKEN,))) as context:
        title = title or _reach(lambda: str(_gateway(context).room(room_id).get("title", "")))
        number = link(context, room_id, title, **given)
    click.echo(f"Linked: {title} (partner {number}).")


@main.command()
def demo() -> None:
    """Create sample trials for partners that have none. For the sandbox."""
    from bot.process.demo import fill

    with _context() as context, context.database.transaction() as session:
        made = fill(session, context.calendar.now())
    click.echo(f"Made {made} trials.")


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--space", required=True, help="The space of the trials: its title or room id.")
@click.option("--as", "acts", help="The full administrator who imports, by e-mail address.")
@click.option(
    "--dates",
    type=click.Choice(("day-first", "month-first")),
    help="How the file writes dates that could be two, such as 03/04/2026.",
)
@click.option("--first-day", type=click.DateTime(("%Y-%m-%d",)), help="For a file without days.")
@click.option("--duration", type=click.IntRange(1, 730), help="Days, for a file without days.")
@click.option("--service", multiple=True, help="For a file without services; can be repeated.")
@click.option("--yes", is_flag=True, help="Import without asking.")
def import_(file: str, **given: Any) -> None:
    """Import trials from the CSV file FILE: say what it would do, and do it."""
    from bot.process.files import import_file

    with _context() as context:
        import_file(context, file, **given)


@main.command()
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--partner", help="The partner's name or number, if there are several.")
def export(file: str, partner: str | None) -> None:
    """Write all trials of a partner to the CSV file FILE."""
    from bot.process.files import export_file

    with _context() as context:
        count = export_file(context, file, partner)
    click.echo(f"{count} trials written to {file}.")


@main.command()
def webhooks() -> None:
    """Create or repair the bot's webhooks at Webex. Leave all others alone."""
    from bot.webex import identity
    from bot.webex.webhooks import repair

    with _context(*ALL_OF_WEBEX) as context:
        secret = identity.secret(context.settings, context.database).decode()
        done = _reach(lambda: repair(_gateway(context), context.public_url, secret))
    click.echo(
        f"created {done.created}, repaired {done.repaired}"
        f" (switched on again: {done.revived}), removed {done.dropped}"
    )


@main.command()
def doctor() -> None:
    """Check everything; exit with 1 if a check is red."""
    from bot.process.doctor import examine

    ill = False
    with _context(*ALL_OF_WEBEX) as context:
        for finding in examine(context, _gateway(context)):
            ill |= not finding.ok
            click.echo(f"{'ok ' if finding.ok else 'RED'}  {finding.check}: {finding.said}")
    sys.exit(int(ill))


@main.command()
@click.argument("queue_name", metavar="inbox|outbox", type=click.Choice(("inbox", "outbox")))
@click.argument("numbers", nargs=-1, type=int)
@click.option("--all", "everything", is_flag=True, help="Retry everything that failed.")
def retry(queue_name: str, numbers: tuple[int, ...], everything: bool) -> None:
    """Retry what failed for good; without numbers, list it."""
    from bot.process.retry import list_buried, retry_all

    with _database() as database:
        if numbers or everything:
            _print(retry_all(database, queue_name, numbers))
        else:
            _print(list_buried(database, queue_name))


@main.command()
def hold() -> None:
    """Store events but send nothing until `release`. For a restored database."""
    from store.flags import HELD, remember

    with _database() as database, database.transaction() as session:
        remember(session, HELD)
    click.echo("Nothing is sent until `trialbot release`. `trialbot doctor` lists what is waiting.")


@main.command()
def release() -> None:
    """Send what `hold` kept back, and go on sending."""
    from store.flags import HELD, forget

    with _database() as database, database.transaction() as session:
        forget(session, HELD)
    click.echo("Sending again.")


# ------------------------------------------------------------------ helpers


def _settings(*of_webex: str) -> Settings:
    """Read the settings, and check that a command's Webex settings are set."""
    settings = _read(Settings)
    try:
        settings.need_webex(*of_webex)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    return settings


def _read(kind: type[S]) -> S:
    """Read the settings; report an invalid one in one line."""
    try:
        return kind()
    except ValidationError as error:
        raise click.ClickException("; ".join(map(_reason, error.errors()))) from None
    except UnicodeDecodeError:
        raise click.ClickException(".env isn't in UTF-8: save it again as UTF-8") from None
    except OSError as error:
        raise click.ClickException(f".env can't be read: {error.strerror}") from None


def _reason(flaw: Mapping[str, Any]) -> str:
    said = str(flaw["msg"])
    if flaw["type"] == "value_error":
        return said.removeprefix("Value error, ")
    return f"{flaw['loc'][0]}: {said}"


def _trust_certificates(settings: Settings) -> None:
    from bot.webex.certificates import trust_certificates

    try:
        trust_certificates(settings.base_url)
    except ValueError as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def _database(url: str = "", *, tables: bool = True) -> Iterator["Database"]:
    """Open the database for a command; most commands need nothing else."""
    from store.database.database import Database

    url = url or _read(DatabaseSettings).database_url
    with _plainly():
        opened = Database(url, connections=2)
    with closing(opened) as database:
        if tables:
            _need_tables(database)
        with _plainly():
            yield database


def _need_an_end_of_the_previous_release(database: "Database") -> None:
    """Refuse while the previous release is running."""
    from bot.clock import queue_now
    from store.queues import beats

    if database.revision() not in BEFORE_OPEN_CHANGES:
        return
    with database.reading() as session:
        living = beats.living(session.connection(), now=queue_now())
    if living:
        raise click.ClickException(
            f"stop the previous release first: {', '.join(living)} is still running"
            " (a killed process counts as running for 15 s)"
        )


def _need_tables(database: "Database") -> None:
    from sqlalchemy import inspect

    with _plainly(), database.reading() as session:
        if not inspect(session.connection()).has_table("alembic_version"):
            raise click.ClickException("no tables yet: run `trialbot migrate`")


@contextmanager
def _plainly() -> Iterator[None]:
    """Report in one line why the database can't be used."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise click.ClickException(
            "PostgreSQL needs its driver: pip install 'psycopg[binary]'"
        ) from None
    except DBAPIError as error:
        reason = str(error.orig).partition("\n")[0]
        what_to_do = _WHAT_TO_DO if isinstance(error.orig, sqlite3.Error) else ""
        raise click.ClickException(f"the database can't be used: {reason}{what_to_do}") from None


@contextmanager
def _context(*of_webex: str) -> Iterator["Context"]:
    """Build the context of a command that needs these Webex settings."""
    from bot.clock import Calendar
    from bot.engine.context import Context

    settings = _settings(*of_webex)
    if of_webex:
        _trust_certificates(settings)
    with _database(settings.database_url) as database:
        context = Context(settings, database, Calendar(settings.clock_file))
        context.public_url = settings.reached_at
        yield context


def _gateway(context: "Context") -> "Gateway":
    """Create a gateway to Webex."""
    from bot.webex.gateway import Gateway

    token = context.settings.access_token.get_secret_value()
    return Gateway(token, context.settings.base_url, context.metrics)


def _reach(ask: Callable[[], Any]) -> Any:
    """Call Webex; report a failure in one line."""
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
