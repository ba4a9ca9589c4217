"""Work in Partner Hub: ticked steps, confirmed and withdrawn changes, existing organisations."""

from collections.abc import Sequence
from datetime import date

from bot.conversation.routes import on
from bot.conversation.turn import Turn
from bot.features import consent
from bot.features.shared import trial
from cards.features.partner_hub import (
    DoneToday,
    GiveUp,
    HubDone,
    OrganisationExists,
    TickStep,
    UndoDone,
)
from cards.kit.words import Md, Words, spaced
from store.features import consent as consents
from store.features import partner_hub
from store.features.shared.trials import today_in
from store.say import Say
from store.tables import Trial


@on(TickStep)
def tick(turn: Turn, form: TickStep) -> Sequence[Say]:
    """Tick a step, or untick it."""
    ticked = partner_hub.tick(
        turn.session,
        form.trial,
        turn.act(),
        task_id=form.task,
        step=form.step,
        done=bool(form.done),
    )
    return [trial.announce(turn, ticked)]


@on(DoneToday)
def done_today(turn: Turn, form: DoneToday) -> Sequence[Say]:
    """Confirm that a change was made today."""
    changed = partner_hub.done_on(turn.session, form.trial, turn.act(), task_id=form.task)
    return _confirmed(turn, changed, today_in(changed.space, turn.now))


@on(HubDone, ask_again=trial.ask_again)
def done(turn: Turn, form: HubDone) -> Sequence[Say]:
    """Confirm a change with its day, and the end date shown in Partner Hub if it differs."""
    changed = partner_hub.done_on(
        turn.session, form.trial, turn.act(form.version), task_id=form.task, day=form.done_on
    )
    if form.ends not in (None, changed.ends):
        changed = partner_hub.correct_end(
            turn.session, form.trial, turn.act(), ends=form.ends, reason=form.why
        )
    return _confirmed(turn, changed, form.done_on, form.ends)


def _confirmed(turn: Turn, changed: Trial, day: date, ends: date | None = None) -> Sequence[Say]:
    def said(words: Words) -> Md:
        shown = words("The trial ends on {day}, as shown in Partner Hub.", day=ends)
        return spaced(words("Done in Partner Hub on {day}.", day=day), shown if ends else "")

    return trial.done(turn, changed, said, *consent.closed(turn, changed))


@on(GiveUp)
def give_up(turn: Turn, form: GiveUp) -> Sequence[Say]:
    """Withdraw a change that wasn't made."""
    left = partner_hub.withdraw(turn.session, form.trial, turn.act(), task_id=form.task)
    return trial.done(turn, left, lambda words: words("Withdrawn: nothing was changed."))


@on(UndoDone)
def undo(turn: Turn, form: UndoDone) -> Sequence[Say]:
    """Take back a confirmation."""
    back = partner_hub.undo(turn.session, form.trial, turn.act(), task_id=form.task)
    return trial.done(turn, back, lambda words: words("Taken back: it's still to be done."))


@on(OrganisationExists)
def organisation_exists(turn: Turn, form: OrganisationExists) -> Sequence[Say]:
    """Change a new customer to an existing one, and ask it for consent."""
    started = consents.organisation_exists(turn.session, form.trial, turn.act(form.version))
    requests = consent.requests(turn, started.trial, started.consents)
    return trial.done(
        turn,
        started.trial,
        lambda words: words(
            "The organisation already exists, so I'm asking the customer for consent."
        ),
        *requests,
    )
