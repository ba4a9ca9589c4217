"""What a row of a trial's history says: each feature declares the sentences of its own kinds."""

from store.history import HistoryKind

entries: dict[HistoryKind, tuple[str, ...]] = {}
"""For each kind its sentences, the one with most facts first."""


def tells(kind: HistoryKind, *sentences: str) -> None:
    """Declare how a kind of row is said: message ids that use `{who}` and what the row kept.

    `{ends}` is the new value and `{old_ends}` the one before. What a sentence doesn't use is said
    after it, so the last one may do without facts.
    """
    if kind in entries:
        raise ValueError(f"{kind} has sentences already")
    entries[kind] = sentences
