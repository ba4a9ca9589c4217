"""Reasons why operations refuse: the shared ones; each feature declares its own."""

from store.declared import Declared


class Reason(Declared):
    """Why an operation was refused; `cards` has a sentence for each in every language."""


NOTHING_FOR_YOU = Reason("nothing-for-you")
NOT_ALLOWED = Reason("not-allowed")
OTHER_PARTNERS_SPACE = Reason("other-partners-space")
NOT_LINKED = Reason("not-linked")
NOT_FOUND = Reason("not-found")
OLD_CARD = Reason("old-card")
WRONG_STATUS = Reason("wrong-status")
DAY_IN_FUTURE = Reason("day-in-future")
DAY_TOO_EARLY = Reason("day-too-early")
DAY_TOO_LATE = Reason("day-too-late")
NO_SUCH_PERSON = Reason("no-such-person")
NOTHING_TO_DO = Reason("nothing-to-do")


class Refused(Exception):
    """An operation was refused and changed nothing.

    `facts` fill in the sentence that explains why.
    """

    def __init__(self, reason: Reason, **facts: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts
