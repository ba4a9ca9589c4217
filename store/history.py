"""The kinds of rows that a trial's history has; each is declared with its feature."""

from store.declared import Declared


class HistoryKind(Declared):
    """What a row of history says happened; `cards` has its sentence."""
