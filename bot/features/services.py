"""The command `services`: add or remove a trial's services, or change its licences."""

from collections.abc import Sequence
from functools import partial

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features.shared import trial
from cards.features.services import SetLicences, SetServices, changed, services_card
from cards.kit.forms import Invalid
from cards.kit.refusals import refusal
from cards.kit.rules import with_role
from cards.kit.words import N_, Message
from store.features import services
from store.features.services import CHANGE_SERVICES, Wanted
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.features.start import TELLING, probed
from store.refusals import Refused
from store.say import Say


@command(
    "services",
    rule=with_role(CHANGE_SERVICES),
    takes="X",
    help=N_("Add or remove services, or change the number of licences."),
)
def ask_services(turn: Turn) -> Sequence[Say]:
    """Show the trial's services for changing."""
    return trial.meant(turn, "services", _ask_services, CHANGE_SERVICES)


def _ask_services(turn: Turn, view: View, problem: Invalid | None = None) -> Sequence[Say]:
    today = today_in(view.trial.space, turn.now)
    card = services_card(view.trial, words=turn.words, today=today, problem=problem)
    return [trial.in_place(turn, view.trial, card)]


_again = trial.once_more(_ask_services)


@on(SetServices, ask_again=_again)
def set_services(turn: Turn, form: SetServices) -> Sequence[Say]:
    """Set the trial's services; a refusal is shown at its field."""
    try:
        done = services.set_services(
            turn.session,
            form.trial,
            turn.act(form.version),
            _wanted(form),
            sure=form.sure,
            done_on=form.done_on,
        )
    except Refused as no:
        return _not_so(turn, form, no)
    return trial.done(turn, done.trial, partial(changed, done))


def _wanted(form: SetServices) -> Wanted:
    return Wanted(
        services=form.services,
        meetings_options=form.meetings_options,
        site=form.site,
        site_time_zone=form.site_time_zone,
        locations=form.locations or 0,
        bought=form.bought,
        trialled=form.trialled,
    )


def _not_so(turn: Turn, form: SetServices, no: Refused) -> Sequence[Say]:
    """Show the form with the reason.

    A refusal that reveals that something is taken is counted in the same commit.
    """
    if no.reason not in form.refused_at:
        raise no
    if no.reason in TELLING:
        probed(turn.session, turn.by, turn.now)
    said = Message(refusal(turn.words, no))
    return _again(turn, form.wrong({form.refused_at[no.reason]: said}))


@on(SetLicences, ask_again=_again)
def set_licences(turn: Turn, form: SetLicences) -> Sequence[Say]:
    """Change the number of licences."""
    done = services.set_licences(
        turn.session,
        form.trial,
        turn.act(form.version),
        licences=form.licences,
        device_licences=form.device_licences,
        done_on=form.done_on,
    )
    return trial.done(turn, done.trial, partial(changed, done))
