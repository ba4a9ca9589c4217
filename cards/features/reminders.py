"""The reminders to the partner, by kind, rendered from the state at the time they are sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from cards.features.digest import STEPS, sections
from cards.features.partner_hub import confirmations
from cards.features.returns import guidance
from cards.features.snooze import snooze_button
from cards.kit import kit
from cards.kit.headline import CISCO_COUNTS_IN_UTC, header
from cards.kit.kit import Action, Card, Element
from cards.kit.links import PARTNER_HUB
from cards.kit.open_changes import change_name
from cards.kit.reminding import notices
from cards.kit.rows import fitting
from cards.kit.word import word_button
from cards.kit.words import N_, Md, Words, bold, bullets, dotted, paragraphs, spaced
from store.features.digest import Week
from store.rules import dates
from store.rules.hub import open_changes
from store.rules.reminder_kinds import ReminderKind, Topic
from store.tables import Person, Shipment, Trial
from store.terms import DeviceType


@dataclass(frozen=True)
class Row:
    """A reminder to be sent.

    `names_day`: the day that it is about, even if it is sent earlier. `slot`: its slot if it is
    sent on its own. `topic`: the shipment, task or other thing that it is about.
    """

    kind: ReminderKind
    trial: Trial
    names_day: date
    shipment: Shipment | None = None
    slot: str = ""
    topic: str = ""


def notice(
    kind: ReminderKind,
    trial: Trial,
    words: Words,
    today: date,
    names_day: date,
    *,
    shipment: Shipment | None = None,
    topic: str = "",
    mentions: Sequence[Person] = (),
) -> Card:
    """Build the card for a single reminder.

    `names_day`: the day that it is about, even if it is sent on the working day before. `mentions`:
    the people whom Webex should notify. When a newer reminder arrives, only the first line of the
    text remains.
    """
    row = Row(kind, trial, names_day, shipment, topic=topic)
    called = spaced(*(words.mention(person) for person in mentions))
    return kit.card(
        words,
        paragraphs(notice_line(row, words, today), _more(row, words, today), called),
        [header(trial, words, today), *_body(row, words, today), _utc(words)],
        [*_buttons(row, words), snooze_button(trial, kind, words, today)],
    )


def notice_line(row: Row, words: Words, today: date) -> Md:
    """Return a reminder in one line: customer, code, subject."""
    what, _ = _said(row, words, today)
    return dotted(bold(row.trial.customer.company), row.trial.code, what)


def missing_fact(row: Row, words: Words, today: date) -> str:
    """Return the name of a fact that the text needs and the trial lacks; "" if none."""
    try:
        _filled(row, words, today)
    except KeyError as unknown:
        return str(unknown.args[0])
    return ""


def _said(row: Row, words: Words, today: date) -> tuple[Md, Md]:
    """Return a reminder's subject and what to do; if a fact is missing, at least its day."""
    try:
        return _filled(row, words, today)
    except KeyError:
        return words("reminder of {day}: please look at the trial", day=row.names_day), Md("")


def _filled(row: Row, words: Words, today: date) -> tuple[Md, Md]:
    said, facts = notices[row.kind], _facts(row, words, today)
    line, more = words(said.line, **facts), words(said.more, **facts) if said.more else ""
    return line, spaced(more, *_beside(row, words))


def _body(row: Row, words: Words, today: date) -> Iterator[Element | None]:
    """Build the full body of a reminder."""
    line, more = _said(row, words, today)
    yield kit.notice(_sentence(line), "attention" if notices[row.kind].grave else "warning")
    yield kit.text(more) if more else None
    yield _serials(row.shipment, words)
    if row.kind.topic in (Topic.SERVICE, Topic.TO_DO):
        yield from confirmations(row.trial, words, row.topic)


def _more(row: Row, words: Words, today: date) -> Md:
    _, more = _said(row, words, today)
    return more


def _facts(row: Row, words: Words, today: date) -> dict[str, object]:
    trial, shipment = row.trial, row.shipment
    facts: dict[str, object] = {
        "day": row.names_day,
        "deadline": dates.consent_deadline(trial.asked_on or trial.saved_on),
        "accepted": trial.accepted_on or trial.saved_on,
        "bought": trial.ordered_on or trial.handed_over_on or trial.saved_on,
        "changes": _changes(trial, words),
    }
    if trial.ends is not None:
        grace, spoken_of = dates.grace_end(trial.ends), max(row.names_day, today)
        facts |= {
            "ends": trial.ends,
            "grace": grace,
            "left": words.days(max(0, (grace - spoken_of).days)),
            "numbers": dates.numbers_released(trial.ends),
        }
    if shipment is not None and shipment.expires_on is not None:
        facts |= {
            "devices": words.term(DeviceType, shipment.type),
            "expires": shipment.expires_on,
            "due": dates.due_back(shipment.expires_on),
            "how": guidance(shipment, words),
        }
    for name, fact in notices[row.kind].facts.items():
        if (own := fact(trial, row.topic, row.names_day)) is not None:
            facts[name] = own
    return facts


def _changes(trial: Trial, words: Words) -> Md:
    return words.join([change_name(task.change, words) for task in open_changes(trial)])


def _beside(row: Row, words: Words) -> Iterator[Md]:
    """Yield the sentences that only some kinds add for some trials."""
    beside = notices[row.kind].beside
    return beside(row.trial, words) if beside else iter(())


def _serials(shipment: Shipment | None, words: Words) -> Element | None:
    if shipment is None:
        return None
    out = [row.serial for row in shipment.serials if row.returned_on is None]
    if not out:
        return kit.small(words("No serial numbers recorded yet. Add them under Devices."))
    shown = words.join(out[:40])
    return kit.small(words("Not returned yet ({n}): {serials}", n=len(out), serials=shown))


def _sentence(line: Md) -> Md:
    """Capitalise a line that is shown on its own."""
    return Md(line[:1].upper() + line[1:])


def _utc(words: Words) -> Element:
    return kit.small(words(CISCO_COUNTS_IN_UTC))


def _buttons(row: Row, words: Words, *, beside: bool = False) -> Iterator[Action]:
    for title, word in notices[row.kind].buttons:
        yield word_button(words, title, word, row.trial, beside=beside)
    if notices[row.kind].in_hub:
        yield kit.link(words("Open Partner Hub"), PARTNER_HUB)
    yield word_button(words, N_("Show"), "show", row.trial, beside=beside)


# ------------------------------------------------------------------ the morning card

WHOLE = 3
"""Up to this many reminders are shown in full on the morning card, with their buttons."""


def morning(
    rows: Sequence[Row],
    words: Words,
    today: date,
    *,
    mentions: Sequence[Person] = (),
    week: Week | None = None,
) -> Card:
    """Build one message for several reminders of a space, the most urgent first.

    Each reminder is a row with its buttons. The card has as many rows as Webex accepts; the rest is
    counted. `week`: the weekly digest, on Mondays when both are due.
    """
    urgent = sorted(rows, key=lambda row: (row.kind.urgency, row.names_day, row.trial.code))
    return fitting(lambda most: _morning(urgent, words, today, mentions, week, most), STEPS)


def _morning(
    urgent: Sequence[Row],
    words: Words,
    today: date,
    mentions: Sequence[Person],
    week: Week | None,
    most: int,
) -> Card:
    shown, rest = urgent[: 2 * most], len(urgent) - 2 * most
    title = words.plural("{n} reminder for today", "{n} reminders for today", len(urgent))
    more = (
        words.plural("and {n} more: type *list todo*", "and {n} more: type *list todo*", rest)
        if rest > 0
        else Md("")
    )
    ahead, texts = sections(week, most, words, today) if week else ([], [])
    whole = len(urgent) <= WHOLE
    draw = _whole_row if whole else _morning_row
    elements = [
        kit.header(title, words.day(today)),
        *(draw(row, words, today) for row in shown),
        kit.small(more) if more else None,
        *ahead,
        _utc(words),
    ]
    lines = [
        dotted(notice_line(row, words, today), _more(row, words, today) if whole else "")
        for row in shown
    ]
    called = spaced(*(words.mention(person) for person in mentions))
    buttons = [
        word_button(words, N_("Expiring"), "list", "expiring", beside=True),
        word_button(words, N_("To do"), "list", "todo", beside=True),
    ]
    text = paragraphs(bold(title), called, bullets(lines), more, *texts)
    return kit.card(words, text, elements, buttons)


def _whole_row(row: Row, words: Words, today: date) -> Element:
    return kit.box(
        [
            header(row.trial, words, today),
            *_body(row, words, today),
            kit.buttons(_buttons(row, words, beside=True)),
        ],
        separator=True,
    )


def _morning_row(row: Row, words: Words, today: date) -> Element:
    said, trial = notices[row.kind], row.trial
    what, _ = _said(row, words, today)
    lines = [
        kit.text(dotted(bold(trial.customer.company), trial.code)),
        kit.text(what, color="attention" if said.grave else None, spacing="none"),
    ]
    show = kit.buttons([word_button(words, N_("Show"), "show", trial, beside=True)])
    return kit.box([kit.columns(lines, [show], widths=("stretch", "auto"))], separator=True)
