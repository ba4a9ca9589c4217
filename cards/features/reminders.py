"""What reminders say to the partner, kind by kind, rendered from the state when they ring."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from cards.features.digest import fitting, sections
from cards.features.partner_hub import PARTNER_HUB
from cards.features.returns import guidance
from cards.features.shared.trial import LOST_AFTER_GRACE
from cards.features.snooze import snooze_button
from cards.kit import kit
from cards.kit.headline import CISCO_COUNTS_IN_UTC, header, services_of
from cards.kit.kit import Action, Card, Element
from cards.kit.word import word_button
from cards.kit.words import N_, Md, Words, bold, bullets, dotted, paragraphs, spaced
from store.features.digest import Week
from store.rules import dates
from store.rules.lateness import urgency
from store.tables import Person, Shipment, Trial
from store.terms import Bell, DeviceType, HubChange, Service

_DECIDE = ((N_("Extend…"), "extend"), (N_("Convert…"), "convert"), (N_("Let go…"), "let go"))
_SAVE_IT = ((N_("Convert…"), "convert"), (N_("Extend…"), "extend"), (N_("Let go…"), "let go"))
_ASK = ((N_("Consent…"), "resend"), (N_("Cancel…"), "cancel"))
_PROVISION = ((N_("Provisioned…"), "provisioned"),)
_CONVERT = ((N_("Convert…"), "convert"),)
_WHY = ((N_("Reason…"), "let go"),)
_RETURN = ((N_("Return…"), "return"), (N_("Devices…"), "devices"))


@dataclass(frozen=True)
class Notice:
    """How one kind of reminder sounds.

    `line`: what it is about, in a few words; `more`: what to do. Both message ids that may use
    `day` (the true day), `left` (days of grace), and the trial's dates. `words`: its buttons.
    """

    line: str
    more: str = ""
    words: tuple[tuple[str, str], ...] = ()
    grave: bool = False


NOTICES: Mapping[Bell, Notice] = {
    Bell.CONSENT_20: Notice(
        N_("no answer yet to the request for consent"),
        N_("It counts until {deadline}. Talk to the customer, or send it again."),
        _ASK,
    ),
    Bell.CONSENT_27: Notice(
        N_("still no consent: {deadline} is the last day"),
        N_("Without it the trial is cancelled. Talk to the customer, or send it again today."),
        _ASK,
        grave=True,
    ),
    Bell.CONSENT_LAPSED: Notice(
        N_("cancelled: no consent within 30 days"),
        N_("The customer has left your list. You can start again when they are ready."),
        _WHY,
    ),
    Bell.PROVISION_2: Notice(
        N_("accepted on {accepted}, not provisioned yet"),
        N_("Press *Set Up Customer* in Partner Hub, then record the day here."),
        _PROVISION,
    ),
    Bell.PROVISION_7: Notice(
        N_("accepted a week ago, not provisioned yet"),
        N_("The customer is waiting. Press *Set Up Customer* in Partner Hub."),
        _PROVISION,
    ),
    Bell.PROVISION_WEEKLY: Notice(
        N_("accepted on {accepted}, still not provisioned"),
        N_("Press *Set Up Customer* in Partner Hub, or cancel the trial."),
        (*_PROVISION, (N_("Cancel…"), "cancel")),
    ),
    Bell.HUB_1: Notice(
        N_("still to do in Partner Hub: {changes}"),
        N_("Record the day here when it is done."),
    ),
    Bell.HUB_3: Notice(
        N_("for 3 days to do in Partner Hub: {changes}"),
        N_("Until it is done there, Cisco knows nothing of it."),
    ),
    Bell.END_MINUS_14: Notice(
        N_("ends on {ends}"),
        N_("Time to talk to the customer: convert it, extend it, or let it go?"),
        _DECIDE,
    ),
    Bell.END_MINUS_7: Notice(
        N_("expires on {ends}"),
        N_("Extend it, convert it to paid, or let it go."),
        _DECIDE,
    ),
    Bell.END: Notice(
        N_("expires on {ends}, its last day"),
        N_("After it there is grace until {grace}: then only conversion to paid is documented."),
        _DECIDE,
        grave=True,
    ),
    Bell.GRACE_1: Notice(
        N_("expired on {ends}; the last day of grace is {grace}"),
        N_("Until then it can be converted to paid."),
        _SAVE_IT,
    ),
    Bell.GRACE_15: Notice(
        N_("{left} of grace left, until {grace}"), N_("Convert it, or let it go."), _SAVE_IT
    ),
    Bell.GRACE_27: Notice(
        N_("{left} of grace left, until {grace}"), N_("Convert it now."), _SAVE_IT, grave=True
    ),
    Bell.GRACE_29: Notice(
        N_("{day} is the last safe day to convert it"),
        N_("Grace ends on {grace}, and Cisco counts in UTC."),
        _SAVE_IT,
        grave=True,
    ),
    Bell.GRACE_30: Notice(
        N_("the grace ends on {grace}"),
        N_("Cisco tells the users by mail on that day that they have no access any more."),
        _CONVERT,
        grave=True,
    ),
    Bell.ENDED: Notice(
        N_("ended: the users are in the free consumer organisation"),
        N_("Nothing can be restored. Why was it not bought?"),
        _WHY,
    ),
    Bell.CALLING_STOPS: Notice(
        N_("Calling stops on {grace}"),
        N_("The phone numbers stay reserved until {numbers}."),
        _CONVERT,
        grave=True,
    ),
    Bell.NUMBERS_7: Notice(
        N_("the phone numbers are reserved for 7 more days, until {numbers}"),
        N_("Order Webex Calling before that if the customer wants to keep them."),
    ),
    Bell.NUMBERS_RELEASED: Notice(N_("the phone numbers are released on {numbers}")),
    Bell.DEVICE_MINUS_7: Notice(
        N_("{devices}: the device trial ends on {expires}"),
        N_("They must be back at Cisco by {due}. {how}"),
        _RETURN,
    ),
    Bell.DEVICE_7: Notice(
        N_("{devices}: due back at Cisco by {due}"),
        N_("Book the pick-up now. {how}"),
        _RETURN,
    ),
    Bell.DEVICE_14: Notice(
        N_("{devices}: must be back at Cisco on {due}"),
        N_("Cisco may invoice what isn't returned: see the EULA. {how}"),
        _RETURN,
        grave=True,
    ),
    Bell.DEVICE_WEEKLY: Notice(
        N_("{devices}: overdue since {due}"),
        N_("Cisco may invoice what isn't returned: see the EULA. {how}"),
        _RETURN,
        grave=True,
    ),
    Bell.ORDERED_5: Notice(
        N_("bought on {bought}, not provisioned yet"),
        N_("Look for the provisioning mail, in spam too, and press *Set Up Service* in it."),
        _CONVERT,
    ),
    Bell.ORDERED_20: Notice(
        N_("bought, not provisioned; the grace ends on {grace}"),
        N_("Only provisioning keeps the services. Look for the provisioning mail."),
        _CONVERT,
    ),
    Bell.ORDERED_27: Notice(
        N_("bought, not provisioned; {left} of grace left"),
        N_("Only provisioning keeps the services, until {grace}."),
        _CONVERT,
        grave=True,
    ),
    Bell.ORDERED_29: Notice(
        N_("bought, not provisioned; {day} is the last safe day"),
        N_("Grace ends on {grace}, and Cisco counts in UTC."),
        _CONVERT,
        grave=True,
    ),
}
"""Every reminder that goes to a partner's space."""

_GRACE = (Bell.GRACE_15, Bell.GRACE_27, Bell.GRACE_29)
_CALLING_AT_RISK = (Bell.END, Bell.GRACE_1)


@dataclass(frozen=True)
class Row:
    """A reminder as it rings; `names_day`: the day it is about, even where it rings before it."""

    kind: Bell
    trial: Trial
    names_day: date
    shipment: Shipment | None = None


def notice(
    kind: Bell,
    trial: Trial,
    words: Words,
    today: date,
    names_day: date,
    *,
    shipment: Shipment | None = None,
    mentions: Sequence[Person] = (),
) -> Card:
    """One reminder.

    `names_day`: the day it is about, even where it rings the working day before. `mentions`: whom
    Webex shall notify. The text's first line is what remains of it when a newer one comes.
    """
    row = Row(kind, trial, names_day, shipment)
    called = spaced(*(words.mention(person) for person in mentions))
    return kit.card(
        words,
        paragraphs(notice_line(row, words, today), _more(row, words, today), called),
        [header(trial, words, today), *_body(row, words, today), _utc(words)],
        [*_buttons(row, words), snooze_button(trial, kind, words, today)],
    )


def notice_line(row: Row, words: Words, today: date) -> Md:
    """A reminder in one line: whose, which, what."""
    what = words(NOTICES[row.kind].line, **_facts(row, words, today))
    return dotted(bold(row.trial.customer.company), row.trial.code, what)


def _body(row: Row, words: Words, today: date) -> Iterator[Element | None]:
    """What a reminder says, whole."""
    said = NOTICES[row.kind]
    line, more = words(said.line, **_facts(row, words, today)), _more(row, words, today)
    yield kit.notice(_sentence(line), "attention" if said.grave else "warning")
    yield kit.text(more) if more else None
    yield _serials(row.shipment, words)


def _more(row: Row, words: Words, today: date) -> Md:
    more = NOTICES[row.kind].more
    said = words(more, **_facts(row, words, today)) if more else ""
    return spaced(said, *_beside(row.kind, row.trial, words))


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
    return facts


def _changes(trial: Trial, words: Words) -> Md:
    undone = [task.change for task in trial.hub_tasks if task.done_on is None]
    return words.join([words.term(HubChange, change) for change in undone])


def _beside(kind: Bell, trial: Trial, words: Words) -> Iterator[Md]:
    """What belongs to some kinds of some trials only."""
    if kind in _GRACE:
        yield words(LOST_AFTER_GRACE)
    if kind in _CALLING_AT_RISK and Service.CALLING in services_of(trial):
        yield words("Calls to the outside may already be suspended when it has expired.")
    if kind is Bell.END_MINUS_7 and trial.interest_on:
        yield words("The customer wants to buy (said on {day}).", day=trial.interest_on)


def _serials(shipment: Shipment | None, words: Words) -> Element | None:
    if shipment is None:
        return None
    out = [row.serial for row in shipment.serials if row.returned_on is None]
    if not out:
        return kit.small(words("No serial numbers are recorded yet: add them under Devices."))
    shown = words.join(out[:40])
    return kit.small(words("Serial numbers still out ({n}): {serials}", n=len(out), serials=shown))


def _sentence(line: Md) -> Md:
    """A line that stands alone begins with a capital letter."""
    return Md(line[:1].upper() + line[1:])


def _utc(words: Words) -> Element:
    return kit.small(words(CISCO_COUNTS_IN_UTC))


def _buttons(row: Row, words: Words, *, beside: bool = False) -> Iterator[Action]:
    for title, word in NOTICES[row.kind].words:
        yield word_button(words, title, word, row.trial, beside=beside)
    if row.kind in (Bell.HUB_1, Bell.HUB_3, Bell.PROVISION_2, Bell.PROVISION_7):
        yield kit.link(words("Open Partner Hub"), PARTNER_HUB)
    yield word_button(words, N_("Show"), "show", row.trial, beside=beside)


# ------------------------------------------------------------------ several at once

WHOLE = 3
"""So few reminders stand whole on the morning card, with all that each says and its buttons."""


def morning(
    rows: Sequence[Row],
    words: Words,
    today: date,
    *,
    mentions: Sequence[Person] = (),
    week: Week | None = None,
) -> Card:
    """Several reminders of a space as one message, the most urgent first, a row each to press.

    As many rows as Webex takes; the rest is counted.
    `week`: what the weekly digest says, on the Mondays on which both are due.
    """
    urgent = sorted(rows, key=lambda row: (urgency(row.kind), row.names_day, row.trial.code))
    return fitting(lambda most: _morning(urgent, words, today, mentions, week, most))


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
    said, trial = NOTICES[row.kind], row.trial
    what = words(said.line, **_facts(row, words, today))
    lines = [
        kit.text(dotted(bold(trial.customer.company), trial.code)),
        kit.text(what, color="attention" if said.grave else None, spacing="none"),
    ]
    show = kit.buttons([word_button(words, N_("Show"), "show", trial, beside=True)])
    return kit.box([kit.columns(lines, [show], widths=("stretch", "auto"))], separator=True)
