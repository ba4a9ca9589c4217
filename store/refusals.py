"""Why operations say no: each feature declares its reasons, and here are those that many share."""

from store.declared import Declared


class Reason(Declared):
    """Why something was refused; `cards` has a sentence for each in every language."""


NOTHING_FOR_YOU = Reason("nothing-for-you")
NOT_ALLOWED = Reason("not-allowed")
OTHER_PARTNERS_SPACE = Reason("other-partners-space")
NOT_LINKED = Reason("not-linked")
NOT_FOUND = Reason("not-found")
OLD_CARD = Reason("old-card")
WRONG_STATUS = Reason("wrong-status")
DAY_IN_FUTURE = Reason("day-in-future")
DAY_TOO_EARLY = Reason("day-too-early")
NO_SUCH_PERSON = Reason("no-such-person")
NOTHING_TO_DO = Reason("nothing-to-do")


class Refused(Exception):
    """An operation says no: nothing was changed, and `facts` fill the sentence that says why."""

    def __init__(self, reason: Reason, **facts: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts
