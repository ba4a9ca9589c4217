"""The week ahead of a space: trials by days left, devices due, dates that nobody knows."""

from collections.abc import Iterator, Sequence
from datetime import date

from cards import kit
from cards.headline import CISCO_COUNTS_IN_UTC, status_color, status_line
from cards.kit import Card, Element
from cards.trial import due_line
from cards.word import word_button
from cards.words import N_, Md, Words, bold, bullets, dotted, paragraphs
from store import policy
from store.tables import Shipment, Trial
from store.terms import DeviceType


def digest_card(
    trials: Sequence[Trial],
    devices: Sequence[Trial],
    unknown: Sequence[Trial],
    *,
    words: Words,
    today: date,
) -> Card:
    """What changes within two weeks; as many rows as Webex takes, the rest is counted.

    `devices`: trials with devices due. `unknown`: trials with devices whose expiry nobody entered.
    """
    for most in (12, 7, 4):
        try:
            return _digest(trials, devices, unknown, most, words, today)
        except kit.Unfit:
            continue
    return _digest(trials, devices, unknown, 2, words, today)


def _digest(
    trials: Sequence[Trial],
    devices: Sequence[Trial],
    unknown: Sequence[Trial],
    most: int,
    words: Words,
    today: date,
) -> Card:
    parts = [
        (words("Trials by days left"), [_trial(t, words, today) for t in trials]),
        (words("Devices due back"), [_due(t, words) for t in devices]),
        (words("Expiry of devices unknown: see the EULA mail"), [_line(t, "") for t in unknown]),
    ]
    title = words("The next two weeks, from {day}", day=today)
    elements: list[Element | None] = [kit.header(title)]
    texts: list[Md] = []
    for (heading, lines), about in zip(parts, (trials, devices, unknown), strict=True):
        if lines:
            elements += [kit.section(heading), *_rows(lines, about, most, words, today)]
            texts.append(paragraphs(bold(heading), bullets(lines[:most])))
    elements.append(kit.small(words(CISCO_COUNTS_IN_UTC)))
    buttons = [
        word_button(words, N_("Expiring"), "list", "expiring"),
        word_button(words, N_("Devices"), "list", "devices"),
        word_button(words, N_("To do"), "list", "todo"),
    ]
    return kit.card(words, paragraphs(bold(title), *texts), elements, buttons)


def _rows(
    lines: Sequence[Md], about: Sequence[Trial], most: int, words: Words, today: date
) -> Iterator[Element]:
    for trial, line in list(zip(about, lines, strict=True))[:most]:
        yield kit.box(
            [kit.text(line, color=status_color(trial, today))],
            press=word_button(words, N_("Show"), "show", trial),
        )
    if len(lines) > most:
        rest = len(lines) - most
        yield kit.small(words.plural("and {n} more", "and {n} more", rest))


def _trial(trial: Trial, words: Words, today: date) -> Md:
    return _line(trial, status_line(trial, words, today))


def _due(trial: Trial, words: Words) -> Md:
    out = [_shipment(row, words) for row in trial.shipments if _is_due(row)]
    return _line(trial, words.join(out))


def _shipment(shipment: Shipment, words: Words) -> Md:
    return dotted(words.term(DeviceType, shipment.type), due_line(shipment, words))


def _is_due(shipment: Shipment) -> bool:
    return shipment.expires_on is not None and not policy.all_back(shipment)


def _line(trial: Trial, what: str) -> Md:
    return dotted(bold(trial.customer.company), trial.code, what)
