"""The worker: feeders and hands that take events, ring reminders and deliver letters."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table

from bot.acquaint import Acquaintances
from bot.app import FETCHES
from bot.clock import queue_now
from bot.context import Context
from bot.deliver import CALLS, Deliverer
from bot.feeder import Feeder, Work
from bot.identity import Identity
from bot.pauses import ANSWERS_FIRST, Pauses
from bot.ring import Ringer
from bot.take import Taker
from bot.wake import Listener
from bot.webex.gateway import Gateways
from store.queues import leases
from store.queues.leases import INBOX, OUTBOX, REMINDERS, Claimed

STOP_WITHIN = 12.0

Claims = Callable[[Connection], Sequence[Claimed]]


class Worker:
    """Everything that one process does behind the web door."""

    def __init__(self, context: Context, gateways: Gateways, pauses: Pauses, me: Identity) -> None:
        self._context = context
        self._pauses = pauses
        self._listener = Listener(context.database, context.wake)
        some = context.settings
        post, ringer = Deliverer(context, gateways), Ringer(context, gateways)
        answers = self._feeder("answer", OUTBOX, self._answers, post.deliver, some.speakers)
        taker = Taker(context, gateways, Acquaintances(context.database), me, answers)
        self.events = self._feeder("take", INBOX, self._events, taker.take, some.takers)
        self._feeders = [
            self.events,
            answers,
            self._feeder("ring", REMINDERS, self._reminders, ringer.ring, some.ringers),
            self._feeder("bell", OUTBOX, self._bells, post.deliver, some.bell_speakers),
        ]

    def start(self) -> None:
        """Begin to claim; what is held back or paused is known before anything else."""
        self._pauses.heed()
        self._listener.start()
        for feeder in self._feeders:
            feeder.start()

    def stop(self) -> None:
        """Claim nothing more, end what was begun, give back the rest; within 15 seconds."""
        for feeder in self._feeders:
            feeder.stop()
        deadline = queue_now() + timedelta(seconds=STOP_WITHIN)
        for feeder in self._feeders:
            feeder.join((deadline - queue_now()).total_seconds())
        self._listener.stop()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is claimed."""
        return all(feeder.is_idle for feeder in self._feeders)

    def _feeder(
        self,
        name: str,
        table: Table,
        claim: Callable[[datetime, datetime, int], Sequence[Claimed]],
        work: Work,
        hands: int,
    ) -> Feeder:
        return Feeder(
            name,
            self._context.database,
            table,
            claim=claim,
            work=work,
            hands=hands,
            lease=self._context.settings.lease,
            bell=self._context.wake.listen(table.name),
            allowed=self._is_free,
        )

    # -------------------------------------------------------------- what may be claimed now

    def _is_free(self, call: str) -> bool:
        self._pauses.heed()
        held = self._pauses.held and call in CALLS.values()
        return not held and not any(self._pauses.waiting([call]))

    def _events(self, now: datetime, until: datetime, limit: int) -> Sequence[Claimed]:
        self._pauses.heed()
        waiting, probes = self._pauses.waiting(FETCHES.values())
        held_back = {kind for kind, call in FETCHES.items() if call in waiting | probes}
        turns = [(sorted(held_back), limit)]
        for probe in probes:
            turns.append(([kind for kind, call in FETCHES.items() if call != probe], 1))
        return self._claimed(
            partial(leases.claim_events, now=now, until=until, limit=most, paused=others)
            for others, most in turns
        )

    def _answers(self, now: datetime, until: datetime, limit: int) -> Sequence[Claimed]:
        return self._letters(now, until, limit, bells=False)

    def _bells(self, now: datetime, until: datetime, limit: int) -> Sequence[Claimed]:
        return self._letters(now, until, limit, bells=True)

    def _letters(
        self, now: datetime, until: datetime, limit: int, *, bells: bool
    ) -> Sequence[Claimed]:
        self._pauses.heed()
        if self._pauses.held:
            return []
        patience = ANSWERS_FIRST if bells else 0.0
        waiting, probes = self._pauses.waiting(CALLS.values(), patience=patience)
        free = [kind for kind, call in CALLS.items() if call not in waiting | probes]
        turns = [(free, limit), *(([k], 1) for k, call in CALLS.items() if call in probes)]
        given: dict[str, Any] = {"bells": bells, "now": now, "until": until}
        return self._claimed(
            partial(leases.claim_letters, calls=calls, limit=most, **given) for calls, most in turns
        )

    def _reminders(self, now: datetime, until: datetime, limit: int) -> Sequence[Claimed]:
        given: dict[str, Any] = {"now": now, "until": until}
        given["calendar"] = self._context.calendar.now()
        return self._claimed([partial(leases.claim_bells, limit=limit, **given)])

    def _claimed(self, claims: Iterable[Claims]) -> Sequence[Claimed]:
        """All of it or nothing."""
        first, *others = claims
        if not others:
            return self._context.database.statement(first)
        with self._context.database.statements() as connection:
            return [row for claim in (first, *others) for row in claim(connection)]
