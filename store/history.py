"""The kinds of history rows; each feature declares its own."""

from store.declared import Declared


class HistoryKind(Declared):
    """What a history row records; `cards` has the sentence for each kind."""
