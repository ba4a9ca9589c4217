"""Claim rows for the desk, only as many as there are free messengers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.conversation.fetching import FETCHES
from bot.engine.errands import CALLS, MAILS
from bot.engine.messengers import Brought
from bot.engine.owner import Owner
from bot.engine.pace import Pace
from bot.engine.round import Round
from store.queues import inbox, outbox, reminders
from store.queues.leases import INBOX, OUTBOX, REMINDERS, Claimed

SPACES_AT_ONCE = 4
"""Spaces whose reminders are claimed together."""

BELLS_SHARE = 4
"""One in this many messengers may work on reminders: the others answer people."""


MAILS_AT_ONCE = 4
"""E-mails under way at once, so that a slow mail server leaves the messengers to Webex."""


class Claimant:
    """A claimed row for which no messenger was sent yet: an errand within the desk."""

    def __init__(self, table: Any, row: Claimed) -> None:
        self.table, self.row = table, row

    def run(self, gateway: Any) -> None:
        """Never called: no messenger runs this."""
        raise NotImplementedError


Claims = Sequence[Brought]
"""The rows that one statement claimed."""


class Claiming:
    """Claims in a round as much as the pace of calls and the free messengers allow."""

    def __init__(self, owner: Owner, pace: Pace, *, messengers: int, lease: float) -> None:
        self._owner = owner
        self._pace = pace
        self._messengers = messengers
        self._lease = timedelta(seconds=lease)

    def answers(self, round: Round) -> Iterator[Claims]:
        """Claim answers to people."""
        yield from self._letters(round, self._free(round), of_reminders=False)

    def reminders(self, round: Round) -> Iterator[Claims]:
        """Claim messages that remind people."""
        sending = sum(errand.table is OUTBOX and errand.row.bell for errand in round.held)
        most = self._messengers // BELLS_SHARE - sending
        yield from self._letters(round, min(most, self._free(round)), of_reminders=True)

    def mails(self, round: Round) -> Iterator[Claims]:
        """Claim e-mails, answers before reminders."""
        for of_reminders in (False, True):
            held = [errand for errand in round.held if errand.table is OUTBOX]
            most = MAILS_AT_ONCE - sum(errand.row.call in MAILS for errand in held)
            limit = min(most, self._free(round))
            yield from self._letters(round, limit, of_reminders=of_reminders, of=MAILS)

    def events(self, round: Round) -> Iterator[Claims]:
        """Claim events from the inbox."""
        limit = self._free(round)
        for resources, most in self._turns(round, FETCHES, limit):
            paused = [resource for resource in FETCHES if resource not in resources]
            found = inbox.claim(round.connection, **self._leasing(round), paused=paused, limit=most)
            yield _claims(INBOX, found)

    def spaces(self, round: Round) -> Iterator[Claims]:
        """Claim due reminders, one for each space, until the round is long enough.

        Every round claims some: with a slow database, each round is already long by now.
        """
        while (limit := min(SPACES_AT_ONCE, self._spare(round), self._free(round))) > 0:
            given = self._leasing(round) | {"limit": limit, "calendar": round.calendar}
            rows = reminders.claim(round.connection, **given)
            yield _claims(REMINDERS, rows)
            if len(rows) < limit or round.is_long:
                return

    def _spare(self, round: Round) -> int:
        """How many more spaces may ring: their rows are held until the desk finds the time."""
        ringing = sum(errand.table is REMINDERS for errand in round.held)
        return self._messengers // BELLS_SHARE - ringing

    def _letters(
        self, round: Round, limit: int, *, of_reminders: bool, of: Mapping[str, str] = CALLS
    ) -> Iterator[Claims]:
        for calls, most in self._turns(round, of, limit, of_reminders=of_reminders):
            given = self._leasing(round) | {
                "of_reminders": of_reminders,
                "calls": calls,
                "limit": most,
            }
            letters = outbox.claim(round.connection, **given)
            yield _claims(OUTBOX, letters)

    def _turns(
        self, round: Round, calls: Mapping[str, str], limit: int, *, of_reminders: bool = False
    ) -> Iterator[tuple[list[str], int]]:
        """Which kinds of call may go now, and how many; unlimited kinds go together."""
        if limit <= 0:
            return

        def most(kind: str) -> int:
            return self._pace.may_go(calls[kind], round.now, most=limit, of_reminders=of_reminders)

        free = [kind for kind in calls if most(kind) == limit]
        if free:
            yield free, limit
        for kind in calls:
            if kind not in free and (some := most(kind)) > 0:
                yield [kind], some

    def _free(self, round: Round) -> int:
        return self._messengers - len(round.held)

    def _leasing(self, round: Round) -> dict[str, Any]:
        return {"token": self._owner.token(), "now": round.now, "until": round.now + self._lease}


def _claims(table: Any, rows: Iterable[Claimed]) -> Claims:
    return [Brought(Claimant(table, row)) for row in rows]
