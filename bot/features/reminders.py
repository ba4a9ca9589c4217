"""Reminders to the partner, rendered when they are due; several of a space become one message."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.conversation.routes import Due, morning, morning_left, remind
from bot.conversation.turn import Turn
from bot.features import consent, digest
from bot.features.spaces import tell_of_absent
from bot.observe import log
from cards.features import reminders
from cards.features.reminders import Row, notice
from cards.kit.kit import Card
from cards.kit.reminding import notices
from cards.kit.words import Words
from store.features import assign
from store.features.consent import NO_CONSENT
from store.features.customer_notices import UNREACHABLE, is_unreachable, told_of
from store.features.digest import DIGEST, Week
from store.features.shared import people
from store.features.shared.trials import today_in
from store.rules.plan import day_of, slot_of, topic_of
from store.rules.reminder_kinds import ReminderKind, decided
from store.rules.statuses import status
from store.say import Say, To
from store.tables import Person, Reminder, Trial, id_of
from store.terms import Role

_PLAIN = notices.keys() - decided.keys()


@remind(*(kind for kind in _PLAIN if kind.mentions), needs=["members"])
@remind(*(kind for kind in _PLAIN if not kind.mentions))
def tell(turn: Turn, trial: Trial | None, reminder: Reminder) -> Sequence[Say]:
    """Post one reminder."""
    return list(_says(turn, _rows(turn, [(trial, reminder)])))


@remind(*decided, writes=True)
def tell_decided(turn: Turn, trial: Trial, reminder: Reminder) -> Sequence[Say]:
    """Record what the date has decided, and post the reminder about it."""
    kind = ReminderKind.of(reminder.kind)
    recorded = decided[kind].record(turn.session, id_of(trial), now=turn.now)
    over = consent.closed(turn, trial) if recorded and kind is NO_CONSENT else []
    return [*tell(turn, trial, reminder), *over]


@morning
def tell_all(turn: Turn, due: Sequence[Due]) -> Sequence[Say]:
    """Post several reminders at once, with the weekly digest if it is due too."""
    return list(_says(turn, _rows(turn, due), digest.ahead(turn) if _has_week(due) else None))


@morning_left
def tell_left(turn: Turn, due: Sequence[Due], rang_at: datetime) -> Say | None:
    """Draw an earlier morning card again, with the reminders that nothing newer replaces."""
    rows = [row for row in _rows(turn, due) if _is_so(turn, row)]
    week = digest.week(turn) if _has_week(due) else None
    if not (rows or week) or turn.space is None:
        return None
    since = today_in(turn.space, rang_at)
    card = reminders.morning(rows, turn.words, turn.today, week=week, since=since)
    return Say(turn.here, card.text, card.content)


def _rows(turn: Turn, due: Sequence[Due]) -> list[Row]:
    about = [(trial or told_of(turn.session, reminder), reminder) for trial, reminder in due]
    return [_row(trial, reminder) for trial, reminder in about if trial is not None]


def _has_week(due: Sequence[Due]) -> bool:
    return any(reminder.kind == DIGEST for _, reminder in due)


# ------------------------------------------------------------------ one message


def _says(turn: Turn, rows: Sequence[Row], week: Week | None = None) -> Iterator[Say]:
    """Yield one message to the space, and one to each person mentioned who isn't in it."""
    rows = [row for row in rows if _is_so(turn, row)]
    for row in rows:
        if fact := reminders.missing_fact(row, turn.words, turn.today):
            log.error("missing fact", kind=row.kind, trial=row.trial.code, fact=fact)
    called = list(_called(turn, [row for row in rows if row.kind.mentions]))
    here = {person.id: person for person, _ in called if _is_here(turn, person)}
    members = turn.fetched.get("members")
    if turn.space and turn.space.state == "linked" and members is not None:
        yield from tell_of_absent(turn, turn.space, members)
    if rows:
        yield _say(turn.here, rows, turn.words, turn, list(here.values()), week)
    elif week:
        yield digest.in_space(turn, week)
    if week:
        yield digest.picture(turn, week)
    for person in {person.id: person for person, _ in called if person.id not in here}.values():
        theirs = [row for each, row in called if each.id == person.id]
        yield _say(To.person(person), theirs, Words(person.language or turn.words.language), turn)


def _say(
    to: To,
    rows: Sequence[Row],
    words: Words,
    turn: Turn,
    mentions: Sequence[Person] = (),
    week: Week | None = None,
) -> Say:
    if len(rows) > 1 or week:
        card = reminders.morning(rows, words, turn.today, mentions=mentions, week=week)
        return Say(to, card.text, card.content)
    row, trial_id = rows[0], id_of(rows[0].trial)
    card = _notice(row, words, turn, mentions)
    to = To.trial(trial_id) if to == turn.here else to
    return Say(to, card.text, card.content, slot=row.slot, trial_id=trial_id)


def _notice(row: Row, words: Words, turn: Turn, mentions: Sequence[Person]) -> Card:
    return notice(
        row.kind,
        row.trial,
        words,
        turn.today,
        row.names_day,
        shipment=row.shipment,
        topic=row.topic,
        mentions=mentions,
    )


def _row(trial: Trial, reminder: Reminder) -> Row:
    kind = ReminderKind.of(reminder.kind)
    shipment = next((row for row in trial.shipments if row.id == reminder.shipment_id), None)
    slot = slot_of(id_of(trial), kind, reminder.key)
    topic = topic_of(reminder.key)
    return Row(kind, trial, day_of(kind, reminder.anchor), shipment, slot, topic)


def _is_so(turn: Turn, row: Row) -> bool:
    """Return whether a reminder still holds.

    The trial may have been rescued from what the date decided, or its customer may be gone.
    """
    if row.kind is UNREACHABLE:
        return is_unreachable(row.trial, turn.today)
    outcome = decided.get(row.kind)
    return outcome is None or status(row.trial, turn.today) is outcome.status


# ------------------------------------------------------------------ mentions


def _called(turn: Turn, rows: Sequence[Row]) -> Iterator[tuple[Person, Row]]:
    """Yield the people to mention, each with the reminder that calls them."""
    carers = assign.assigned_of(turn.session, [row.trial for row in rows], turn.today)
    for row in rows:
        for person in _called_by(turn, row, carers[id_of(row.trial)]):
            yield person, row


def _called_by(turn: Turn, row: Row, carers: Sequence[Person]) -> Sequence[Person]:
    """Return the people to mention: `carers`, who manage the trial, else the full administrators.

    If the kind escalates, both. If it names people, only those of them who still have a role.
    """
    if row.kind.calls is not None:
        ids = row.kind.calls(row.trial, row.topic)
        staff = people.with_roles(turn.session, row.trial.partner_id)
        return [person for person, _ in staff if person.id in ids]
    if carers and not row.kind.escalates:
        return carers
    full = people.with_roles(turn.session, row.trial.partner_id, Role.FULL)
    return [*carers, *(person for person, _ in full if person not in carers)]


def _is_here(turn: Turn, person: Person) -> bool:
    """Return whether somebody is in the space; assumed if its members aren't known."""
    members = turn.fetched.get("members")
    if members is None:
        return True
    return any(
        person.webex_id == member.get("personId") or member.get("personEmail") in person.emails
        for member in members
    )
