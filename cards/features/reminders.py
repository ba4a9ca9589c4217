"""The reminders to the partner, by kind, rendered from the state at the time they are sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from cards.features.digest import devices_line, sections
from cards.features.partner_hub import confirmations
from cards.features.returns import guidance
from cards.features.snooze import snooze_button
from cards.kit import kit
from cards.kit.headline import CISCO_COUNTS_IN_UTC, header
from cards.kit.kit import Action, Card, Element
from cards.kit.links import PARTNER_HUB
from cards.kit.open_changes import change_name
from cards.kit.reminding import notices
from cards.kit.rows import fitting, rows
from cards.kit.word import word_button
from cards.kit.words import N_, Md, Words, bold, bullets, dotted, paragraphs, spaced
from store.features.customer_notices import UNREACHABLE, is_mailed
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


@dataclass(frozen=True, kw_only=True)
class _Worded(Row):
    """A reminder in words: its subject in one `line`, and `more`: what to do."""

    line: Md
    more: Md


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
    row = _worded(Row(kind, trial, names_day, shipment, topic=topic), words, today)
    called = spaced(*(words.mention(person) for person in mentions))
    return kit.card(
        words,
        paragraphs(_line([row]), row.more, called),
        [header(trial, words, today), *_body([row], words), _utc(words)],
        _buttons([row], words, today),
    )


def missing_fact(row: Row, words: Words, today: date) -> str:
    """Return the name of a fact that the text needs and the trial lacks; "" if none."""
    try:
        _filled(row, words, today)
    except KeyError as unknown:
        return str(unknown.args[0])
    return ""


def _worded(row: Row, words: Words, today: date) -> _Worded:
    """Put a reminder in words; if a fact is missing, say at least its day."""
    try:
        line, more = _filled(row, words, today)
    except KeyError:
        line = words("reminder of {day}: please look at the trial", day=row.names_day)
        more = Md("")
    return _Worded(**vars(row), line=line, more=more)


def _filled(row: Row, words: Words, today: date) -> tuple[Md, Md]:
    """Fill in both texts. Raises KeyError if the trial lacks a fact that they need."""
    said, facts = notices[row.kind], _facts(row, words, today)
    line, more = words(said.line, **facts), words(said.more, **facts) if said.more else ""
    return line, spaced(more, *_beside(row, words))


def _body(about: Sequence[_Worded], words: Words) -> Iterator[Element | None]:
    """Build the full body of a trial's reminders."""
    for row in about:
        style: kit.BoxStyle = "attention" if notices[row.kind].grave else "warning"
        yield kit.notice(_sentence(row.line), style)
        yield kit.text(row.more) if row.more else None
        yield _serials(row.shipment, words)
    yield from _confirmations(about, words)


def _confirmations(about: Sequence[Row], words: Words) -> Iterator[Element | None]:
    """Build the buttons that confirm the changes that the reminders are about, each once."""
    topics = [row.topic for row in about if row.kind.topic in (Topic.SERVICE, Topic.TO_DO)]
    for topic in [""] if "" in topics else topics:
        yield from confirmations(about[0].trial, words, topic)


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


def _buttons(
    about: Sequence[Row], words: Words, today: date, *, beside: bool = False
) -> Iterator[Action | None]:
    """Build the buttons of a trial's reminders, each once."""
    trial, kinds = about[0].trial, [row.kind for row in about]
    for title, word in dict.fromkeys(chain(*(notices[kind].buttons for kind in kinds))):
        yield word_button(words, title, word, trial, beside=beside)
    if any(notices[kind].in_hub for kind in kinds):
        yield kit.link(words("Open Partner Hub"), PARTNER_HUB)
    yield word_button(words, N_("Show"), "show", trial, beside=beside)
    snoozes = (snooze_button(trial, kind, words, today) for kind in kinds)
    yield next((snooze for snooze in snoozes if snooze is not None), None)


# ------------------------------------------------------------------ the morning card

WHOLE = 3
"""Up to this many trials are shown in full on the morning card, if that fits."""

STEPS = (24, 18, 14, 12, 10, 8, 6, 5, 4, 3, 2)
"""The most trials whose reminders open in place; as many more are shown as lines."""


@dataclass(frozen=True)
class _Morning:
    """A morning card's contents, in order.

    `trials`: the reminders of each trial. `unreachable`: customers who can't be reached, if there
    are several. `since`: the day of the card, if this is what is left of an earlier one.
    """

    trials: Sequence[Sequence[_Worded]]
    unreachable: Sequence[Row]
    week: Week | None
    mentions: Sequence[Person]
    since: date | None


def morning(
    due: Sequence[Row],
    words: Words,
    today: date,
    *,
    mentions: Sequence[Person] = (),
    week: Week | None = None,
    since: date | None = None,
) -> Card:
    """Build one message for several reminders of a space, the most urgent first.

    Each trial has one row, which opens in place to the buttons of its reminders. The card has as
    many rows as Webex accepts; the rest is counted. `week`: the weekly digest, on Mondays when both
    are due. `since`: the day of an earlier card of which these are left.
    """
    urgent = sorted(due, key=lambda row: (row.kind.urgency, row.names_day, row.trial.code))
    by_trial: dict[str, list[_Worded]] = {}
    for row in [_worded(row, words, today) for row in urgent]:
        by_trial.setdefault(row.trial.code, []).append(row)
    lost = [about[0] for about in by_trial.values() if [row.kind for row in about] == [UNREACHABLE]]
    together = {row.trial.code for row in lost} if len(lost) > 1 else set()
    content = _Morning(
        trials=[about for code, about in by_trial.items() if code not in together],
        unreachable=lost if together else [],
        week=week,
        mentions=mentions,
        since=since,
    )
    return fitting(lambda most: _morning(content, words, today, most), STEPS)


def _morning(content: _Morning, words: Words, today: date, most: int) -> Card:
    rest = len(content.trials) - 2 * most
    drawn, lines = _rows(content, words, today, most)
    ahead, texts = _sections(content, max(2, most // 2), words, today)
    title, day = _title(content, words, today)
    more = (
        words.plural("and {n} more: type *list todo*", "and {n} more: type *list todo*", rest)
        if rest > 0
        else Md("")
    )
    called = spaced(*(words.mention(person) for person in content.mentions))
    buttons = [
        word_button(words, N_("Expiring"), "list", "expiring", beside=True),
        word_button(words, N_("To do"), "list", "todo", beside=True),
    ]
    counted = kit.small(more) if more else None
    return kit.card(
        words,
        paragraphs(dotted(bold(title), day), called, bullets(lines), more, *texts),
        [kit.header(title, day), *drawn, counted, *ahead, _utc(words)],
        buttons,
    )


def _title(content: _Morning, words: Words, today: date) -> tuple[Md, Md]:
    """Count the reminders, and name the day; several customers who can't be reached are one.

    What is left of an earlier card isn't counted: the title must also do once nothing is left.
    """
    if content.since is not None:
        return words("Reminders of {day}", day=content.since), Md("")
    count = sum(map(len, content.trials)) + bool(content.unreachable)
    title = words.plural("{n} reminder for today", "{n} reminders for today", count)
    return title, words.day(today)


def _rows(
    content: _Morning, words: Words, today: date, most: int
) -> tuple[list[Element], list[Md]]:
    """Build a row for each trial, `most` of which open in place, as elements and as texts."""
    whole = len(content.trials) <= WHOLE and most == STEPS[0]
    elements, lines = [], []
    for place, about in enumerate(content.trials[: 2 * most]):
        beside = _beside_it(about, content.week, words)
        row = _row(about, words, today, beside, whole=whole, opens=place < most)
        elements.append(row)
        lines.append(_line(about, beside, whole=whole))
    return elements, lines


def _sections(
    content: _Morning, most: int, words: Words, today: date
) -> tuple[list[Element], list[Md]]:
    """Build what follows the rows: the customers who can't be reached, and the week."""
    lost, lost_text = _unreachable(content.unreachable, most, words)
    if content.week is None:
        return lost, [lost_text]
    listed = {about[0].trial.code for about in content.trials}
    ahead, texts = sections(content.week, most, words, today, but=listed)
    return [*lost, *ahead], [lost_text, *texts]


def _beside_it(about: Sequence[Row], week: Week | None, words: Words) -> Md:
    """Say what the week has on a trial's devices, unless a reminder of them is due."""
    trial = about[0].trial
    if week is None or any(row.shipment for row in about):
        return Md("")
    mentioned = {each.code for each in [*week.devices, *week.unknown]}
    return devices_line(trial, words) if trial.code in mentioned else Md("")


def _unreachable(lost: Sequence[Row], most: int, words: Words) -> tuple[list[Element], Md]:
    """Build one row about all customers who can't be reached, as elements and as a text."""
    if not lost:
        return [], Md("")
    mailed = any(is_mailed(row.trial) for row in lost)
    heading = (
        words("I can't reach these customers in Webex")
        if mailed
        else words("I can't reach these customers in Webex, so they get no messages from me")
    )
    lines = [_lost(row.trial, words, mailed) for row in lost]
    drawn = [
        kit.box(
            [kit.text(line)],
            press=word_button(words, N_("Show"), "show", row.trial, beside=True),
        )
        for row, line in zip(lost, lines, strict=True)
    ]
    text = paragraphs(bold(heading), bullets(lines[:most]))
    return [kit.section(heading), *rows(words, drawn, most)], text


def _lost(trial: Trial, words: Words, says_how: bool) -> Md:
    """Name a customer who can't be reached; `says_how`: with what they get instead."""
    how = words("gets e-mails") if is_mailed(trial) else words("gets no messages")
    customer = trial.customer
    return dotted(
        bold(customer.company), trial.code, customer.administrator, how if says_how else ""
    )


def _line(about: Sequence[_Worded], beside: str = "", *, whole: bool = False) -> Md:
    """Put a trial's reminders in one line: customer, code, subjects, and `whole`: what to do."""
    trial = about[0].trial
    parts = [part for row in about for part in (row.line, row.more if whole else "")]
    return dotted(bold(trial.customer.company), trial.code, *parts, beside)


def _row(
    about: Sequence[_Worded], words: Words, today: date, beside: Md, *, whole: bool, opens: bool
) -> Element:
    """Build a trial's row: in full, or as lines that open in place or can only be pressed."""
    if whole:
        return _whole_row(about, words, today, beside)
    trial = about[0].trial
    lines = [kit.text(dotted(bold(trial.customer.company), trial.code))]
    for row in about:
        color: kit.Color | None = "attention" if notices[row.kind].grave else None
        lines.append(kit.text(row.line, color=color, spacing="none"))
    lines += [kit.small(beside)] if beside else []
    if not opens:
        show = word_button(words, N_("Show"), "show", trial, beside=True)
        return kit.box(lines, press=show, separator=True)
    return kit.box([*lines, kit.buttons([_opened(about, words, today)])], separator=True)


def _opened(about: Sequence[_Worded], words: Words, today: date) -> Action:
    """Build the button that opens what a single reminder has: what to do, and its buttons."""
    inside = [
        *(kit.text(row.more) for row in about if row.more),
        *(_serials(row.shipment, words) for row in about),
        *_confirmations(about, words),
    ]
    buttons = kit.at_most_five(words, _buttons(about, words, today, beside=True))
    return kit.show(words("What you can do…"), inside, buttons)


def _whole_row(about: Sequence[_Worded], words: Words, today: date, beside: Md) -> Element:
    return kit.box(
        [
            header(about[0].trial, words, today),
            *_body(about, words),
            kit.small(beside) if beside else None,
            kit.buttons(kit.at_most_five(words, _buttons(about, words, today, beside=True))),
        ],
        separator=True,
    )
