"""The sentences of a trial's history: each feature declares those of its own row kinds."""

from string import Formatter

from store.history import HistoryKind

entries: dict[HistoryKind, tuple[str, ...]] = {}
"""The sentences for each kind, the one with the most facts first."""


def tells(kind: HistoryKind, *sentences: str) -> None:
    """Declare the sentences for a row kind: message ids that use `{who}` and the row's facts.

    `{ends}` is the new value, `{old_ends}` the previous one. Facts that a sentence doesn't use are
    appended to it, so the last sentence needs no facts. Raises ValueError if it does, or if the
    kind already has sentences.
    """
    if kind in entries:
        raise ValueError(f"{kind} has sentences already")
    if {name for _, name, _, _ in Formatter().parse(sentences[-1]) if name} - {"who"}:
        raise ValueError(f"{kind} needs a sentence without facts, for rows that lack them")
    entries[kind] = sentences
