"""What happened to a trial: who, when, what, from and to."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from cards.kit import kit
from cards.kit.headline import header, headline
from cards.kit.kit import Card, Element
from cards.kit.names import NAMES
from cards.kit.word import word_button
from cards.kit.words import N_, Md, Words, bullets, dotted, escape, paragraphs
from store.rules.corrections import Correction
from store.rules.hub import Step
from store.tables import History, Trial
from store.terms import (
    Access,
    CancelledBy,
    DeviceType,
    Fact,
    HubChange,
    Kind,
    MeetingsOption,
    Outcome,
    Service,
    SkipReason,
    State,
)

SHOWN = 25

_TERMS = {
    "kind": Kind,
    "state": State,
    "what": Correction,
    "meetings_options": MeetingsOption,
    "on_order": Service,
    "item": Step,
    "access": Access,
    "by": CancelledBy,
    "cancelled_by": CancelledBy,
    "change": HubChange,
    "outcome": Outcome,
    "service": Service,
    "services": Service,
    "type": DeviceType,
    "skip_reason": SkipReason,
}


def history_card(
    trial: Trial, rows: Sequence[tuple[History, str]], words: Words, today: date
) -> Card:
    """The newest first; `rows` with the name of who did it ("": a date did)."""
    shown = rows[:SHOWN]
    lines = [dotted(*_line(row, who, words, trial.space.time_zone)) for row, who in shown]
    older = len(rows) > SHOWN
    elements = [
        header(trial, words, today),
        *(_entry(row, who, words, trial.space.time_zone) for row, who in shown),
        kit.small(words("Older entries are in the export.")) if older else None,
    ]
    buttons = [
        word_button(words, N_("Add a note"), "note", trial),
        word_button(words, N_("Back"), "show", trial),
    ]
    return kit.card(
        words, paragraphs(headline(trial, words, today), bullets(lines)), elements, buttons
    )


def _entry(row: History, who: str, words: Words, zone: str) -> Element:
    when_and_who, what, *details = _line(row, who, words, zone)
    lines = [kit.small(when_and_who), kit.text(dotted(what, *details), spacing="none")]
    return kit.box(lines, separator=True)


def _line(row: History, who: str, words: Words, zone: str) -> list[Md]:
    by = escape(who) if who else words("by its date")
    parts = [dotted(words.instant(row.at, zone), by), what_happened(row, words)]
    return [*parts, *_changes(row, words), *([escape(row.note)] if row.note else [])]


def what_happened(row: History, words: Words) -> Md:
    """The change by its name."""
    return words.term(Fact, row.what)


def _changes(row: History, words: Words) -> Iterator[Md]:
    for name in dict.fromkeys([*row.before, *row.after]):
        before, after = (_value(name, side.get(name), words) for side in (row.before, row.after))
        if before and after and before != after:
            yield words("{before} → {after}", before=before, after=after)
        elif after:
            yield after
        elif before and name in row.after:
            yield words("{before} → {after}", before=before, after=words("none"))
        elif before:
            yield words("before: {what}", what=before)


def _value(name: str, value: Any, words: Words) -> Md:
    if isinstance(value, list):
        return words.join([part for item in value if (part := _value(name, item, words))])
    if isinstance(value, Mapping):
        return words.join([words("{a} × {b}", a=str(a), b=str(b)) for a, b in value.items()])
    if isinstance(value, bool):
        return words("yes") if value else words("no")
    if value in (None, ""):
        return Md("")
    vocabulary = _TERMS.get(name)
    if vocabulary and value in NAMES[vocabulary]:
        return words.term(vocabulary, value)
    return _day_or_text(str(value), words)


def _day_or_text(value: str, words: Words) -> Md:
    try:
        return words.day(date.fromisoformat(value)) if len(value) == 10 else escape(value)
    except ValueError:
        return escape(value)
