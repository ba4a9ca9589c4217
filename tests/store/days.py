"""Days that pass for a trial: what rings on each, as the bot would ring it."""

from datetime import date, timedelta

from sqlmodel import Session, col, select

from store.features.shared.trials import replan
from store.rules.reminder_kinds import ReminderKind, decided
from store.rules.statuses import status
from store.tables import Reminder, Trial, id_of
from store.terms import Status
from tests.store.cast import TODAY, at


class Days:
    """A trial's days, counted from 1 December; every morning its due reminders ring."""

    def __init__(self, session: Session, trial: Trial, day: int = 0) -> None:
        self.session, self.trial, self.day = session, trial, day

    @property
    def today(self) -> date:
        """The day in the space."""
        return TODAY + timedelta(days=self.day)

    @property
    def status(self) -> Status:
        """The status that is shown today."""
        return status(self.trial, self.today)

    def to(self, day: int) -> list[tuple[str, int]]:
        """Let days pass; what rang, and on which day."""
        heard = []
        while self.day < day:
            self.day += 1
            heard += [(kind, self.day) for kind in self._morning()]
        return heard

    def _morning(self) -> list[str]:
        now = at(self.day)
        due = self.session.exec(
            select(Reminder)
            .where(Reminder.trial_id == self.trial.id, col(Reminder.settled_at).is_(None))
            .where(col(Reminder.rings_at) <= now)
            .order_by(col(Reminder.rings_at), col(Reminder.kind))
        ).all()
        for reminder in due:
            reminder.settled_at = now
        self.session.flush()
        for kind in (ReminderKind.of(reminder.kind) for reminder in due):
            if kind in decided:
                decided[kind].record(self.session, id_of(self.trial), now=now)
            if kind.is_weekly:
                replan(self.session, self.trial, now)
        return [reminder.kind for reminder in due]
