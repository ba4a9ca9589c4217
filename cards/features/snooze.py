"""Putting a reminder off, as far as the next deadline allows."""

from datetime import date, timedelta

from cards.kit import kit
from cards.kit.forms import Form, carried
from cards.kit.kit import Action
from cards.kit.words import Words
from store.rules.dates import SNOOZES, next_deadline
from store.rules.plan import may_snooze
from store.tables import Trial, id_of
from store.terms import Bell


class Snooze(Form, key="trial.snooze"):
    """Be silent of a trial for a day or three."""

    trial: int = carried()
    version: int = carried()
    kind: Bell = carried()
    days: int = carried()


def snooze_button(trial: Trial, kind: Bell, words: Words, today: date) -> Action | None:
    """*Later…* with the days that end before the next deadline; nothing if there are none."""
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
        if may_snooze(kind) and (deadline is None or today + timedelta(days=days) <= deadline)
    ]
    return kit.show(words("Later…"), [], offered) if offered else None
