"""What happened to a trial: who, when, what, from and to."""

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
from cards.kit.word import word_button
from cards.kit.words import N_, Md, Words, bullets, dotted, escape, paragraphs
from store.history import HistoryKind
from store.rules.corrections import Correction
from store.rules.hub import Step
from store.tables import History, Trial
from store.terms import (
    Access,
    CancelledBy,
    DeviceType,
    HubChange,
    Kind,
    MeetingsOption,
    Outcome,
    Service,
    SkipReason,
    State,
)

offers("history", N_("History"), place=100)

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
    lines = [_line(row, who, words, trial.space.time_zone) for row, who in shown]
    older = len(rows) > SHOWN
    elements = [
        header(trial, words, today),
        *(_entry(row, who, words, trial.space.time_zone) for row, who in shown),
        kit.small(words("Only the newest {n} entries are shown.", n=SHOWN)) if older else None,
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


def _said(row: History, who: str, words: Words) -> Md:
    """A row as a sentence, then what the sentence left out, then the note."""
    sentence, used = what_happened(row, who, words)
    return dotted(sentence, *_rest(row, used, words), escape(row.note))


def what_happened(row: History, who: str, words: Words) -> tuple[Md, set[str]]:
    """The sentence with the most facts that the row has, and the names of those facts.

    A kind that another release wrote has no sentence here: its word stands for it.
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
        if name in used:
            continue
        before, after = (_value(name, side.get(name), words) for side in (row.before, row.after))
        if before and after and before != after:
            yield words("{before} → {after}", before=before, after=after)
        elif after:
            yield after
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
