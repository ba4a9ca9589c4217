"""How work fails: temporarily, permanently, or because another process has taken over."""

import random

FIRST, LONGEST = 0.5, 60.0

BUG_TRIES = 4
"""Tries after which a row that hits a bug is buried."""


class Again(Exception):
    """A temporary failure: retry after `after` seconds (0: use the backoff).

    `limited`: the call that Webex limits (`POST /messages`; `*` for all after a 401). `ambiguous`:
    whether Webex may have carried out the call although no response came.
    """

    def __init__(
        self, after: float, why: str = "", *, limited: str = "", ambiguous: bool = False
    ) -> None:
        super().__init__(why)
        self.after = after
        self.why = why
        self.limited = limited
        self.ambiguous = ambiguous

    @property
    def counted(self) -> bool:
        """Whether this counts as a try; a call that Webex limits doesn't."""
        return not self.limited


class Undeliverable(Exception):
    """A permanent failure: Webex refused the call with `status` and `why`."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(f"{status} {why}")
        self.status = status
        self.why = why


class NotDrawn(Undeliverable):
    """A picture couldn't be drawn, so Webex was never asked."""


class LeaseLost(Exception):
    """Another process holds the row now, so work on it must not be committed."""


def backoff(tries: int) -> float:
    """Seconds to wait after so many tries: doubles up to a minute, with jitter."""
    return min(FIRST * 2.0 ** min(tries, 10), LONGEST) * random.uniform(0.75, 1.25)
