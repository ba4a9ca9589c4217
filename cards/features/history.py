"""A trial's history: who did what and when, with the old and new values."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from string import Formatter
from typing import Any, cast

from cards.kit import kit
from cards.kit.headline import header, headline
from cards.kit.history import entries
from cards.kit.kit import Card, Element
from cards.kit.names import NAMES
from cards.kit.offers import offers
from cards.kit.open_changes import change_name
from cards.kit.rows import fitting
from cards.kit.word import word_button
from cards.kit.words import N_, Md, Words, bullets, dotted, escape, paragraphs, plain
from store.history import HistoryKind
from store.rules.corrections import Correction
from store.rules.hub import Step
from store.tables import History, Trial
from store.terms import (
    Access,
    CancelledBy,
    DeviceType,
    ExtensionState,
    Kind,
    MeetingsOption,
    Outcome,
    Service,
    SkipReason,
    State,
    Way,
)

offers("history", N_("History"), place=100)

STEPS = (25, 18, 12, 7, 4, 2)
"""How many entries are shown: as many of these as Webex accepts."""

_TERMS: Mapping[str, Mapping[str, str]] = {
    "kind": NAMES[Kind],
    "state": {**NAMES[State], **NAMES[ExtensionState]},
    "what": NAMES[Correction],
    "meetings_options": NAMES[MeetingsOption],
    "on_order": NAMES[Service],
    "item": NAMES[Step],
    "access": NAMES[Access],
    "way": NAMES[Way],
    "by": NAMES[CancelledBy],
    "cancelled_by": NAMES[CancelledBy],
    "outcome": NAMES[Outcome],
    "service": NAMES[Service],
    "services": NAMES[Service],
    "type": NAMES[DeviceType],
    "skip_reason": NAMES[SkipReason],
}


_TWO_STATES = {"on": (N_("on"), N_("off")), "done": (N_("done"), N_("not done"))}
_LABELS = {
    "asked_on": N_("consent requested on {what}"),
    "day": N_("on {what}"),
    "done_on": N_("done in Partner Hub on {what}"),
    "ends": N_("ends on {what}"),
    "licences": N_("{what} licences"),
    "order_number": N_("order number {what}"),
    "shipped_on": N_("shipped on {what}"),
    "trial_started_on": N_("device trial from {what}"),
    "expires_on": N_("device trial until {what}"),
    "until": N_("until {what}"),
}
"""Labels for facts that no sentence mentions."""

_LEFT_OUT = {"change", "code", "days"}
"""Facts that the card or other facts already show."""


def history_card(
    trial: Trial, rows: Sequence[tuple[History, str]], words: Words, today: date
) -> Card:
    """Show the history, newest first.

    `rows` come with the name of the person who acted ("": a date did it).
    """
    return fitting(lambda most: _card(trial, rows, words, today, most), STEPS)


def _card(
    trial: Trial, rows: Sequence[tuple[History, str]], words: Words, today: date, most: int
) -> Card:
    shown = rows[:most]
    lines = [_line(row, who, words, trial.space.time_zone) for row, who in shown]
    older = len(rows) > most
    elements = [
        header(trial, words, today),
        *(_entry(row, who, words, trial.space.time_zone) for row, who in shown),
        kit.small(words("Only the newest {n} entries are shown.", n=most)) if older else None,
    ]
    buttons = [
        word_button(words, N_("Add a note"), "note", trial),
        word_button(words, N_("Back"), "show", trial),
    ]
    return kit.card(
        words, paragraphs(headline(trial, words, today), bullets(lines)), elements, buttons
    )


def _entry(row: History, who: str, words: Words, zone: str) -> Element:
    lines = [
        kit.small(words.instant(row.at, zone)),
        kit.text(_said(row, who, words), spacing="none"),
    ]
    return kit.box(lines, separator=True)


def _line(row: History, who: str, words: Words, zone: str) -> Md:
    return dotted(words.instant(row.at, zone), _said(row, who, words))


def in_plain_words(row: History, who: str, words: Words) -> str:
    """Return what a row says, without markdown, for a file."""
    return plain(_said(row, who, words))


def _said(row: History, who: str, words: Words) -> Md:
    """Return a row as a sentence, followed by the facts that it doesn't mention, and the note."""
    sentence, used = what_happened(row, who, words)
    return dotted(sentence, *_rest(row, used, words), escape(row.note))


def what_happened(row: History, who: str, words: Words) -> tuple[Md, set[str]]:
    """Return the sentence that uses the most of the row's facts, and the names of those facts.

    A kind written by another release has no sentence here, so its key is shown instead.
    """
    facts: dict[str, object] = {"who": who or words("Trialbot")}
    for prefix, side in (("", row.after), ("old_", row.before)):
        for name, value in side.items():
            if said := _value(name, value, words):
                facts[prefix + name] = said
    for sentence in entries.get(cast(HistoryKind, row.what), ()):
        names = {name for _, name, _, _ in Formatter().parse(sentence) if name}
        if names <= facts.keys():
            return words(sentence, **facts), names
    return escape(row.what), set()


def _rest(row: History, used: set[str], words: Words) -> Iterator[Md]:
    for name in dict.fromkeys([*row.before, *row.after]):
        if name in used | _LEFT_OUT:
            continue
        before, after = (_value(name, side.get(name), words) for side in (row.before, row.after))
        if before and after and before != after:
            yield words("{before} → {after}", before=before, after=after)
        elif after:
            yield words(_LABELS[name], what=after) if name in _LABELS else after
        elif before and name in row.after:
            yield words("{before} → {after}", before=before, after=words("none"))
        elif before and f"old_{name}" not in used:
            yield words("previously: {what}", what=before)


def _value(name: str, value: Any, words: Words) -> Md:
    if isinstance(value, list):
        return words.join([part for item in value if (part := _value(name, item, words))])
    if isinstance(value, Mapping):
        return words.join([words("{a} × {b}", a=str(a), b=str(b)) for a, b in value.items()])
    if isinstance(value, bool):
        yes, no = _TWO_STATES.get(name, (N_("yes"), N_("no")))
        return words(yes if value else no)
    if value in (None, ""):
        return Md("")
    if name == "change":
        return change_name(value, words)
    if value in (named := _TERMS.get(name, {})):
        return words(named[value])
    return _day_or_text(str(value).replace("-", " ") if name == "step" else str(value), words)


def _day_or_text(value: str, words: Words) -> Md:
    try:
        return words.day(date.fromisoformat(value)) if len(value) == 10 else escape(value)
    except ValueError:
        return escape(value)
