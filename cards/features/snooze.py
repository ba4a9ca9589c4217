"""Snoozing a reminder, at most until the next deadline."""

from datetime import date, timedelta

from cards.kit import kit
from cards.kit.forms import Form, carried
from cards.kit.history import tells
from cards.kit.kit import Action
from cards.kit.refusals import explains
from cards.kit.rules import on_trial
from cards.kit.words import N_, Words
from store.features.snooze import SNOOZE, SNOOZED
from store.rules.reminder_kinds import ReminderKind
from store.rules.snoozes import SNOOZE_PAST_DEADLINE, SNOOZES, next_deadline
from store.tables import Trial, id_of


class Snooze(Form, key="trial.snooze", rule=on_trial(SNOOZE)):
    """Snooze a trial's reminders for one or three days."""

    trial: int = carried()
    version: int = carried()
    kind: ReminderKind = carried()
    days: int = carried()


def snooze_button(trial: Trial, kind: ReminderKind, words: Words, today: date) -> Action | None:
    """Build *Later…* with the snoozes that end by the next deadline; None if there are none."""
    deadline = next_deadline(trial, kind, today)
    offered = [
        Snooze.button(
            words,
            words("Tomorrow") if days == 1 else words("In {days}", days=words.days(days)),
            trial=id_of(trial),
            version=trial.version,
            kind=kind,
            days=days,
        )
        for days in SNOOZES
        if kind.can_wait and (deadline is None or today + timedelta(days=days) <= deadline)
    ]
    return kit.show(words("Later…"), [], offered) if offered else None


# ------------------------------------------------------------------ refusals

explains(
    SNOOZE_PAST_DEADLINE,
    N_("This can't wait: the next deadline is {deadline}."),
    N_("This can't wait any longer."),
)


# ------------------------------------------------------------------ history

tells(SNOOZED, N_("{who} snoozed reminders until {until}"), N_("{who} snoozed reminders"))
