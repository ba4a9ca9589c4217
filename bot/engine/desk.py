"""The desk: one thread that does all of a process's database work, in rounds."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import takewhile

from sqlalchemy import Connection, Table
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import queue_now
from bot.conversation import last_words
from bot.engine.claiming import Claimant, Claiming
from bot.engine.context import Context
from bot.engine.delivering import Delivering
from bot.engine.errands import Fetch, Send, SendMail
from bot.engine.keeping import Keeping
from bot.engine.listener import Listener
from bot.engine.messengers import Brought, Errand, Messengers, key_of
from bot.engine.owner import Owner
from bot.engine.pace import Pace
from bot.engine.ringing import Ringing
from bot.engine.round import Round
from bot.engine.taking import Taking
from bot.engine.work import Work
from bot.failures import BUG_TRIES, Again, LeaseLost, backoff
from bot.observe import log
from bot.webex.gateway import Gateways
from bot.webex.identity import Identity
from store.database.file import FileGone
from store.database.trouble import collided, is_out_of_reach
from store.queues import leases
from store.queues.leases import INBOX, OUTBOX, REMINDERS
from store.queues.pauses import ALL

AFTER_TROUBLE = 2.0
"""Longest pause in seconds after failed rounds: a database that is back is noticed soon."""

TOGETHER = 16
"""How many results share a savepoint, as long as none of them fails."""

STOP_WITHIN = 12.0

BESIDE_OTHERS, ALONE = "100ms", "900ms"
"""Lock timeouts for rows that another desk holds, below PostgreSQL's own deadlock timeout."""

ALONE_TRIES = 10


class Desk:
    """Commits the effects of what messengers bring back, and sends them on new errands."""

    def __init__(self, context: Context, gateways: Gateways, me: Identity) -> None:
        self._context = context
        self._tray = context.wake
        self._sends_mail = context.settings.mail_server is not None
        self._owner = Owner(context.database)
        self._listener = Listener(context.database, self._tray)
        self._messengers = Messengers(gateways, self._tray, context.settings.messengers)
        self.keeping = Keeping(self._owner, context.settings.lease)
        self.pace = Pace(context.metrics)
        self._claiming = Claiming(
            self._owner,
            self.pace,
            messengers=self._messengers.count,
            lease=context.settings.lease,
        )
        self._taking = Taking(context, me)
        works = (self._taking, Delivering(context), Ringing(context))
        self._works: Mapping[Table, Work] = {work.table: work for work in works}
        self._brought: deque[Brought] = deque()
        self._alone: deque[tuple[Brought, int]] = deque()
        self._under_way: dict[tuple[str, int], Errand] = {}
        self._stopping, self._given_up = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="desk", daemon=True)

    def start(self) -> None:
        """Start the threads."""
        self._messengers.start()
        self._listener.start()
        self._thread.start()

    def stop(self) -> None:
        """Claim nothing more and finish what was begun, within 15 seconds."""
        self._stopping.set()
        self._tray.ring()
        self._thread.join(STOP_WITHIN)
        self._given_up.set()  # what can't be committed is left to the next process
        self._messengers.stop()
        self._listener.stop()
        self._owner.close()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is claimed and no result is waiting."""
        return not self._under_way and not self._brought and self._tray.is_empty

    # -------------------------------------------------------------- the thread

    def _work(self) -> None:
        failed = 0
        while not (self._given_up.is_set() or (self._stopping.is_set() and not self._under_way)):
            waits = self._brought or self._alone
            patience = 0.0 if waits else self.keeping.due_in
            self._brought.extend(self._tray.take(patience))
            try:
                self._taking.look_up(self._brought)
                self._round()
                self._round_of_its_own()
                failed = 0
            except Exception as error:
                _say_why(error)
                self._given_up.wait(min(backoff(failed), AFTER_TROUBLE))
                failed += 1

    def _round(self) -> None:
        """Run one transaction: handle results, renew leases, claim what is due."""
        self._owner.live()
        done = 0
        brought = _people_first(self._brought)
        with self._context.database.writing(lock_timeout=BESIDE_OTHERS) as connection:
            round = self._begun(connection)
            while done < len(brought) and not (done and round.is_long):
                some = self._next(brought[done : done + TOGETHER])
                self._together(round, some)
                done += len(some)
            self.keeping.keep(round)
            if not self._stopping.is_set():
                self._claim(round)
        self._brought = deque(brought[done:])
        self._alone.extend((each, 1) for each in round.alone)
        self._end(round)

    def _begun(self, connection: Connection) -> Round:
        return Round(connection, queue_now(), self._context.calendar.now(), {**self._under_way})

    def _end(self, round: Round) -> None:
        """After the commit, forget finished errands and send the messengers off."""
        round.end()
        self._under_way = round.under_way
        for errand in round.errands:
            self._messengers.send(errand)

    # -------------------------------------------------------------- one result at a time

    def _next(self, brought: Sequence[Brought]) -> Sequence[Brought]:
        """The next batch: one result that acts, or all before it that only change the queues."""

        def only_queues(each: Brought) -> bool:
            return not self._work_of(each.errand).acts(each)

        return list(takewhile(only_queues, brought)) or brought[:1]

    def _together(self, round: Round, brought: Sequence[Brought]) -> None:
        """Handle results in one savepoint; if one fails, handle each in its own."""
        try:
            if len(brought) > 1:
                with round.savepoint():
                    for each in brought:
                        self._work_on(round, each)
                return
        except Exception as error:
            if is_out_of_reach(error):
                raise
        for each in brought:
            self._guarded(round, each)

    def _guarded(self, round: Round, brought: Brought, *, patient: bool = True) -> None:
        """Handle one result so that its failure affects no other.

        `patient`: a result that collides with another desk is retried, alone.
        """
        try:
            with round.savepoint():
                self._work_on(round, brought)
        except LeaseLost:
            log.warning("lease lost", queue=brought.errand.table.name, row=brought.errand.row.id)
        except Exception as error:
            if is_out_of_reach(error):
                raise
            if patient and collided(error):
                round.alone.append(brought)
            else:
                self._bug(round, brought, error)

    def _work_on(self, round: Round, brought: Brought) -> None:
        errand, known = brought.errand, len(round.errands)
        round.under_way.pop(key_of(errand), None)
        self._learn(round, brought)
        work = self._work_of(errand)
        if isinstance(errand, Claimant):
            work.begin(round, errand.row)
        else:
            work.take(round, brought)
        for sent_off in round.errands[known:]:
            if call := _call_of(sent_off):
                self.pace.went(round.connection, call, round.now)

    def _work_of(self, errand: Errand) -> Work:
        return self._works[errand.table]

    def _learn(self, round: Round, brought: Brought) -> None:
        """Update the pace from Webex's response."""
        call, failure = _call_of(brought.errand), brought.failure
        if isinstance(failure, Again) and failure.limited:
            limited = ALL if failure.limited == ALL else call
            if limited:
                seconds, why = failure.after, failure.why
                self.pace.refused(round.connection, limited, seconds, why, round.now)
        elif call:
            self.pace.passed(round.connection, call, round.now)

    def _bug(self, round: Round, brought: Brought, error: Exception) -> None:
        """Retry or bury a row whose handling failed; each way needs less than the one before.

        If all fail, its lease runs out.
        """
        for end in (self._work_of(brought.errand).bug, self._last_resort, self._bury):
            try:
                with round.savepoint():
                    end(round, brought, error)
                return
            except LeaseLost:
                return
            except Exception as worse:
                if is_out_of_reach(worse):
                    raise
                log.exception("could not set a failed event aside", row=brought.errand.row.id)

    def _last_resort(self, round: Round, brought: Brought, error: Exception) -> None:
        """Bury a row and say so in one sentence, or retry it, without anything that has failed."""
        table, row = brought.errand.table, brought.errand.row
        if table is REMINDERS or row.attempts + 1 < BUG_TRIES:
            at, why = round.now + timedelta(seconds=backoff(row.attempts)), type(error).__name__
            leases.retry(round.connection, table, row, at=at, why=why)
            return
        self._bury(round, brought, error)
        if table is INBOX:
            last_words.say(round.connection, row, now=round.now)
            round.afterwards(self._tray.ring)

    def _bury(self, round: Round, brought: Brought, error: Exception) -> None:
        """Bury a row with one statement; a reminder's lease runs out instead."""
        table, row, why = brought.errand.table, brought.errand.row, type(error).__name__
        if table is not REMINDERS:
            leases.bury(round.connection, table, row, now=round.now, why=why)

    def _round_of_its_own(self) -> None:
        """Retry a result that met another desk's locks: alone, it holds no locks while it waits."""
        if not self._alone:
            return
        waiting, tries = self._alone[0]
        with self._context.database.writing(lock_timeout=ALONE) as connection:
            round = self._begun(connection)
            self._guarded(round, waiting, patient=tries < ALONE_TRIES)
        self._alone.popleft()
        self._alone.extend((each, tries + 1) for each in round.alone)
        self._end(round)

    # -------------------------------------------------------------- claims

    def _claim(self, round: Round) -> None:
        """Claim answers first, then events, then reminders; never more than messengers are free."""
        self.pace.read(round.connection, round.now, sharers=self.keeping.sharers)
        for claimed in self._claims(round):
            left, known = claimed, len(round.errands)
            while left:
                some = self._next(left)
                self._together(round, some)
                left = left[len(some) :]
            if len(round.errands) - known < len(claimed):  # some ended: claim more
                round.afterwards(self._tray.ring)

    def _claims(self, round: Round) -> Iterator[Sequence[Brought]]:
        if not self.keeping.held:
            yield from self._claiming.answers(round)
            if self._sends_mail:
                yield from self._claiming.mails(round)
        yield from self._claiming.events(round)
        yield from self._claiming.spaces(round)
        if not self.keeping.held:
            yield from self._claiming.reminders(round)


def _people_first(brought: Iterable[Brought]) -> list[Brought]:
    """Sent messages first, since people see one sent twice; then people's events, then reminders.

    Ringing for a space takes so long that a round may do no more than that.
    """
    return sorted(brought, key=lambda each: _ORDER.index(each.errand.table))


_ORDER = (OUTBOX, INBOX, REMINDERS)


def _call_of(errand: Errand) -> str:
    """The Webex call that an errand counts as; none for a claimed row's additional fetches."""
    return errand.call if isinstance(errand, Fetch | Send | SendMail) else ""


def _say_why(error: Exception) -> None:
    """Log why a round failed."""
    if isinstance(error, FileGone):
        log.error("nothing is done: the database is gone", why=str(error.orig))
    elif isinstance(error, SQLAlchemyError):
        log.warning("round failed", error=type(error).__name__, why=str(error)[:200])
    else:
        log.error("round failed", exc_info=error)
