"""What is done in Partner Hub: ticks, the day of a change, and a customer that exists after all."""

from collections.abc import Sequence

from bot.features import consent, trial
from bot.routes import on
from bot.turn import Turn
from cards.partner_hub import HubDone, OrganisationExists, TickStep
from store import consent as consents
from store import partner_hub
from store.say import Say


@on(TickStep)
def tick(turn: Turn, form: TickStep) -> Sequence[Say]:
    """Tick a step, or take the tick away."""
    ticked = partner_hub.tick(
        turn.session,
        form.trial,
        task_id=form.task,
        step=form.step,
        done=bool(form.done),
        by=turn.by,
        seen=None,
        now=turn.now,
    )
    return [trial.announce(turn, ticked)]


@on(HubDone, again=trial.again)
def done(turn: Turn, form: HubDone) -> Sequence[Say]:
    """Record the day of a change, and the end that Partner Hub shows if it is another one."""
    changed = partner_hub.done_on(
        turn.session,
        form.trial,
        task_id=form.task,
        day=form.done_on,
        by=turn.by,
        seen=form.version,
        now=turn.now,
    )
    said = turn.words("Done in Partner Hub on {day}.", day=form.done_on)
    if form.ends is not None and form.ends != changed.ends:
        changed = partner_hub.correct_end(
            turn.session,
            form.trial,
            ends=form.ends,
            reason=form.why,
            by=turn.by,
            seen=None,
            now=turn.now,
        )
    return [trial.announce(turn, changed, said)]


@on(OrganisationExists)
def organisation_exists(turn: Turn, form: OrganisationExists) -> Sequence[Say]:
    """Make a new customer's trial one of an existing customer, and ask for consent."""
    started = consents.organisation_exists(
        turn.session, form.trial, by=turn.by, seen=form.version, now=turn.now
    )
    said = turn.words("The organisation exists already: its consent is asked now.")
    return [
        trial.announce(turn, started.trial, said),
        *consent.requests(turn, started.trial, started.consents),
    ]
