"""The weekly digest of a space: trials by days left, devices due, unknown end dates."""

from collections.abc import Iterator, Sequence
from datetime import date

from cards.features.shared.trial import due_line
from cards.kit import kit
from cards.kit.headline import CISCO_COUNTS_IN_UTC, status_color, status_line
from cards.kit.kit import Card, Element
from cards.kit.open_changes import all_wanted
from cards.kit.rows import fitting, rows
from cards.kit.word import word_button
from cards.kit.words import N_, Md, Words, bold, bullets, dotted, paragraphs
from store.features.digest import Week
from store.rules import dates
from store.rules.shipments import without_end
from store.tables import Shipment, Trial
from store.terms import DeviceType

STEPS = (12, 7, 4, 2)
"""The most rows of each section."""


def digest_card(week: Week, *, words: Words, today: date) -> Card:
    """Show what changes within two weeks.

    The card has as many rows as Webex accepts; the rest is counted.
    """
    return fitting(lambda most: _digest(week, most, words, today), STEPS)


def sections(week: Week, most: int, words: Words, today: date) -> tuple[list[Element], list[Md]]:
    """Build the week's sections, with at most `most` rows each, as elements and as texts."""
    parts = [
        (words("Trials by days left"), week.trials, [_trial(t, words, today) for t in week.trials]),
        (words("Devices due back"), week.devices, [(_due(t, words), "") for t in week.devices]),
        (
            words("Device expiry unknown: see the EULA e-mail"),
            week.unknown,
            [(_line(t, _unknown(t, words)), "") for t in week.unknown],
        ),
    ]
    elements: list[Element] = []
    texts: list[Md] = []
    for heading, trials, lines in parts:
        if lines:
            drawn = list(_rows(lines, trials, words, today))
            elements += [kit.section(heading), *rows(words, drawn, most)]
            said = bullets(dotted(*line) for line in lines[:most])
            texts.append(paragraphs(bold(heading), said))
    return elements, texts


def _digest(week: Week, most: int, words: Words, today: date) -> Card:
    title = words("Next two weeks from {day}", day=today)
    elements, texts = sections(week, most, words, today)
    buttons = [
        word_button(words, N_("Expiring"), "list", "expiring", beside=True),
        word_button(words, N_("Devices"), "list", "devices", beside=True),
        word_button(words, N_("To do"), "list", "todo", beside=True),
    ]
    return kit.card(
        words,
        paragraphs(bold(title), *texts),
        [kit.header(title), *elements, kit.small(words(CISCO_COUNTS_IN_UTC))],
        buttons,
    )


def _rows(
    lines: Sequence[tuple[Md, str]], about: Sequence[Trial], words: Words, today: date
) -> Iterator[Element]:
    """Yield a row for each trial: what Cisco knows, and in amber what is wanted."""
    for trial, (known, wanted) in zip(about, lines, strict=True):
        press = word_button(words, N_("Show"), "show", trial, beside=True)
        amber = kit.text(wanted, color="warning", spacing="none") if wanted else None
        yield kit.box([kit.text(known, color=status_color(trial, today)), amber], press=press)


def _trial(trial: Trial, words: Words, today: date) -> tuple[Md, str]:
    known = _line(trial, status_line(trial, words, today))
    return known, all_wanted(trial, words, today)


def _due(trial: Trial, words: Words) -> Md:
    out = [_shipment(row, words) for row in trial.shipments if _is_due(row)]
    return _line(trial, words.join(out))


def _unknown(trial: Trial, words: Words) -> Md:
    return words.join([words.term(DeviceType, row.type) for row in without_end(trial)])


def _shipment(shipment: Shipment, words: Words) -> Md:
    return dotted(words.term(DeviceType, shipment.type), due_line(shipment, words))


def _is_due(shipment: Shipment) -> bool:
    return shipment.expires_on is not None and not dates.all_back(shipment)


def _line(trial: Trial, what: str) -> Md:
    return dotted(bold(trial.customer.company), trial.code, what)
