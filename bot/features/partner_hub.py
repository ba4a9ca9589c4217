"""Work in Partner Hub: ticked steps, the day of a change, organisations that exist already."""

from collections.abc import Sequence
from datetime import date

from bot.conversation.routes import on
from bot.conversation.turn import Turn
from bot.features import consent
from bot.features.shared import trial
from cards.features.partner_hub import HubDone, OrganisationExists, TickStep
from cards.kit.words import Md, spaced
from store.features import consent as consents
from store.features import partner_hub
from store.say import Say


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


@on(HubDone, ask_again=trial.ask_again)
def done(turn: Turn, form: HubDone) -> Sequence[Say]:
    """Record the day of a change, and the end date shown in Partner Hub if it differs."""
    changed = partner_hub.done_on(
        turn.session, form.trial, turn.act(form.version), task_id=form.task, day=form.done_on
    )
    said = turn.words("Done in Partner Hub on {day}.", day=form.done_on)
    if form.ends in (None, changed.ends):
        return [trial.announce(turn, changed, said)]
    return _correct_end(turn, form, form.ends, said)


def _correct_end(turn: Turn, form: HubDone, ends: date, said: Md) -> Sequence[Say]:
    changed = partner_hub.correct_end(
        turn.session, form.trial, turn.act(), ends=ends, reason=form.why
    )
    shown = turn.words("The trial ends on {day}, as shown in Partner Hub.", day=ends)
    return [trial.announce(turn, changed, spaced(said, shown))]


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
