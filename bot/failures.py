"""How things fail: for now, for good, or because somebody else has taken over."""

import random

FIRST, LONGEST = 0.5, 60.0


class Again(Exception):
    """Not now: try once more after `after` seconds (0: as the number of tries suggests).

    `limited`: the call that Webex limits (`POST /messages`; `*` for all after a 401). `ambiguous`:
    whether Webex may have carried the call out although no answer came.
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
        """Whether this was a try; a call that Webex limits wasn't."""
        return not self.limited


class Undeliverable(Exception):
    """Webex will never take this call: `status` and `why` are its answer."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(f"{status} {why}")
        self.status = status
        self.why = why


class LeaseLost(Exception):
    """Another process holds the row now: whatever was done to it must not be committed."""


def backoff(tries: int) -> float:
    """Seconds to wait after so many tries: doubling up to a minute, spread so that none meet."""
    return min(FIRST * 2.0 ** min(tries, 10), LONGEST) * random.uniform(0.75, 1.25)
