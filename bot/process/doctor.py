"""The doctor: each check has a name, a verdict and a reason; a red one sets the exit code."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select

from bot.clock import queue_now
from bot.engine.context import Context
from bot.failures import Again, Undeliverable
from bot.mail import links, smtp
from bot.settings import PUBLIC_URL, SMTP_URL
from bot.webex import webhooks
from bot.webex.gateway import Gateway
from store.features import spaces
from store.flags import HELD
from store.queues import beats, leases, outbox, pauses, reminders
from store.queues.leases import INBOX, OUTBOX
from store.tables import Flag

OLD = timedelta(minutes=5)
LATE_BELL = timedelta(minutes=10)
RECENT = timedelta(days=1)

POOLED = (
    "DATABASE_URL leads to a pooler that gives each transaction another connection;"
    " it must lead to PostgreSQL itself"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    check: str
    ok: bool
    said: str


def examine(context: Context, gateway: Gateway) -> Iterator[Finding]:
    """Run every check, in an order in which the first red one explains those after it."""
    checks: dict[str, Callable[[], str]] = {
        "database": lambda: _database(context),
        "migrations": lambda: _migrations(context),
        "Webex": lambda: _webex(context, gateway),
        "webhooks": lambda: _webhooks(context, gateway),
        "workers": lambda: _living(context, "worker", "run"),
        "web processes": lambda: _living(context, "web", "run"),
        "inbox": lambda: _age(context, INBOX.name),
        "outbox": lambda: _age(context, OUTBOX.name),
        "reminders": lambda: _reminders(context),
        "spaces": lambda: _spaces(context),
        "waiting for a space": lambda: _waiting(context),
        "pauses": lambda: _pauses(context),
        "held": lambda: _held(context),
        "undelivered": lambda: _buried(context),
        "mail": lambda: _mail(context),
    }
    for name, check in checks.items():
        yield _guarded(name, check)


class Ill(Exception):
    """A failed check, with the reason."""


def _guarded(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except Ill as ill:
        return Finding(name, False, str(ill))
    except (SQLAlchemyError, Again, Undeliverable) as error:
        return Finding(name, False, str(error).partition("\n")[0])


def _database(context: Context) -> str:
    with context.database.reading() as session:
        session.exec(select(1)).one()
    if context.database.is_pooled():
        raise Ill(POOLED)
    return context.database.url.get_backend_name()


def _migrations(context: Context) -> str:
    if not context.database.is_current():
        raise Ill("the tables don't match this release: run `trialbot migrate`")
    return "current"


def _webex(context: Context, gateway: Gateway) -> str:
    with context.database.reading() as session:
        limits = pauses.all_limits(session.connection())
    for limit in limits:
        if limit.call == pauses.ALL:
            raise Ill(limit.reason)
    return f"signed in as {gateway.me().get('displayName')}"


def _webhooks(context: Context, gateway: Gateway) -> str:
    states = webhooks.survey(gateway, context.public_url)
    wrong = {f"{kind} {state}" for kind, state in states.items() if state != "active"}
    if wrong:
        raise Ill(f"{', '.join(sorted(wrong))}: run `trialbot webhooks`")
    if others := webhooks.elsewhere(gateway, context.public_url):
        raise Ill(
            f"others with our name lead to {', '.join(sorted(others))}: stop the other"
            " installation that uses this token, or delete them at Webex"
        )
    return f"{len(states)} active"


def _mail(context: Context) -> str:
    server = context.settings.mail_server
    if server is None:
        return _no_mail(context)
    if not links.is_safe(context.public_url):
        raise Ill(f"{PUBLIC_URL} isn't https, so its links aren't safe: no e-mail is sent")

    smtp.check(server)
    return f"{server.host} takes e-mails from {server.address}"


def _no_mail(context: Context) -> str:
    with context.database.reading() as session:
        count = outbox.count_mails(session.connection())
    if count:
        raise Ill(f"{SMTP_URL} isn't set any more, and e-mails wait for it: {count}")
    return "not set up"


def _living(context: Context, *kinds: str) -> str:
    now = queue_now()
    with context.database.reading() as session:
        beating = beats.all_beats(session.connection())
    ours = {name: until for name, until in beating.items() if name.partition("/")[0] in kinds}
    living = [name for name, until in ours.items() if beats.is_alive(until, now)]
    if not living:
        raise Ill("none is running")
    return f"{len(living)} running"


def _age(context: Context, name: str) -> str:
    with context.database.reading() as session:
        due = leases.oldest(session.connection())[name]
    if due is None:
        return "empty"
    age = queue_now() - due
    if age > OLD:
        raise Ill(f"the oldest entry has waited {age.total_seconds():.0f} s")
    return f"the oldest entry has waited {max(age.total_seconds(), 0):.0f} s"


def _reminders(context: Context) -> str:
    with context.database.reading() as session:
        before = context.calendar.now() - LATE_BELL
        count = reminders.count_late(session.connection(), before=before)
    if count:
        raise Ill(f"{count} overdue")
    return "none overdue"


def _spaces(context: Context) -> str:
    with context.database.reading() as session:
        refused = [(space.title, refusal.why) for space, refusal in spaces.refusals(session)]
    if refused:
        lines = [f"\n  {title!r}: {why}" for title, why in refused]
        raise Ill(f"Webex refuses messages to {len(lines)}; reminders go elsewhere{''.join(lines)}")
    return "none refused"


def _waiting(context: Context) -> str:
    with context.database.reading() as session:
        addresses = outbox.waiting_addresses(session.connection())
    if addresses:
        raise Ill(f"can't reach the partner: {', '.join(addresses)}")
    return "none"


def _pauses(context: Context) -> str:
    with context.database.reading() as session:
        paused = pauses.all_limits(session.connection())
    for pause in paused:
        if pause.call == pauses.ALL:
            raise Ill(pause.reason)
    return ", ".join(f"{pause.call} ({pause.reason})" for pause in paused) or "none"


def _held(context: Context) -> str:
    with context.database.reading() as session:
        held = session.get(Flag, HELD)
        if held is None:
            return "no"
        lines = [
            f"\n  {letter.id} {letter.address}: {letter.text[:60]!r}"
            for letter in outbox.unsent(session.connection(), limit=50)
        ]
    why = "this database was restored: " if held.value.get("why") else ""
    unsent_lines = f"unsent: {len(lines)}{''.join(lines)}"
    raise Ill(f"{why}nothing is sent until `trialbot release`; {unsent_lines}")


def _buried(context: Context) -> str:
    since = queue_now() - RECENT
    lines = []
    with context.database.reading() as session:
        for table in (INBOX, OUTBOX):
            for row in leases.buried(session.connection(), table, 20):
                if row.settled_at > since:
                    lines.append(f"\n  {table.name} {row.id}: {row.error}")
    if lines:
        raise Ill(f"{len(lines)} in the last day; see `trialbot retry`{''.join(lines)}")
    return "none in the last day"
