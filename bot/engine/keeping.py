"""What a desk keeps up once a second: its heartbeat, its leases, and the rows of the dead."""

from datetime import timedelta

from bot.clock import Jumps, ticks
from bot.engine.owner import KIND, Owner
from bot.engine.round import Round
from bot.observe import log
from store.flags import HELD, is_set
from store.queues import beats, leases, pauses
from store.queues.leases import QUEUES

POLL = 1.0

LONGEST_WAIT = timedelta(hours=1)
"""No row is put off for longer; a later one was written while a clock was wrong."""


class Keeping:
    """Renews what this desk holds, and frees what dead ones held.

    `lease`: seconds. `held`: whether nothing may be sent (`trialbot hold`). `sharers`: the number
    of living desks.
    """

    def __init__(self, owner: Owner, lease: float) -> None:
        self.held = False
        self.sharers = 1
        self._owner = owner
        self._lease = lease
        self._next_at = 0.0
        self._jumps = Jumps()
        self._bound: timedelta | None = LONGEST_WAIT

    @property
    def due_in(self) -> float:
        """Seconds until there is something to keep up again."""
        return max(self._next_at - ticks(), 0.0)

    def keep(self, round: Round) -> None:
        """If it is due, record a heartbeat, renew our leases and free dead processes' rows."""
        if self.due_in:
            return
        connection, until = round.connection, round.now + timedelta(seconds=self._lease)
        self._owner.beat(connection, now=round.now)
        self._bring_forward(round)
        with round.what_can_wait():
            for table, held in leases.by_table((e.table, e.row) for e in round.held).items():
                leases.renew(connection, table, held, until=until)
        for name in self._owner.dead(connection, now=round.now):
            self._free(round, name)
        self.sharers = len(beats.named(connection, KIND))
        with round.session() as session:
            self.held = is_set(session, HELD)
        round.afterwards(self._has_kept)

    def _has_kept(self) -> None:
        self._next_at = ticks() + min(POLL, self._lease / 3)

    def _bring_forward(self, round: Round) -> None:
        """At the start, and when the clock was set, let nothing wait for a moment far ahead."""
        if self._jumps.noticed():
            self._bound = timedelta()
        if self._bound is None:
            return
        latest, leased_by = round.now + self._bound, round.now + timedelta(seconds=self._lease)
        connection, now = round.connection, round.now
        with round.what_can_wait():
            for table in QUEUES:
                leases.bring_forward(connection, table, now=now, due_by=latest, leased_by=leased_by)
            pauses.bring_forward(connection, now=now, latest=latest)
            round.afterwards(self._has_brought_forward)

    def _has_brought_forward(self) -> None:
        self._bound = None

    def _free(self, round: Round, owner: str) -> None:
        """Free a dead process's rows, unless another desk is doing so already."""
        with round.what_can_wait():
            rows = leases.free(round.connection, owner)
            beats.forget(round.connection, owner)
            log.info("freed the rows of a dead process", owner=owner, rows=rows)
