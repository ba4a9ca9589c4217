"""The command `start`: a form in several steps, kept as a draft until it is saved as a trial."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from bot.conversation.routes import command, on, refused
from bot.conversation.turn import Turn
from bot.features import consent
from bot.features.shared import trial
from cards.features.start import (
    copy_card,
    open_draft_card,
    saved,
    start_card,
    start_choices,
    where_card,
    where_choices,
)
from cards.features.start_forms import (
    FORMS,
    FormStep,
    OnDraft,
    StartAnew,
    StartBack,
    StartCopy,
    StartCustomer,
    StartDrop,
    StartGoOn,
    StartPrivately,
    StartSave,
    StartWhere,
    after,
    before,
    field_of,
    kept,
    kept_back,
    step_of,
    wrong,
)
from cards.kit.fields import Choices
from cards.kit.forms import Invalid
from cards.kit.refusals import refusal
from cards.kit.rules import with_role
from cards.kit.words import N_, Message
from store.features import drafts
from store.features.drafts import DRAFT_GONE
from store.features.shared import reading
from store.features.shared.insiders import BOT_ADDRESS, OWN_PERSON, check_customers
from store.features.shared.trials import today_in
from store.features.start import (
    FAR_AWAY,
    OWN_TRIAL_RUNS,
    SITE_TAKEN,
    TELLING,
    TOO_MANY_PROBES,
    Started,
    finish_draft,
    places,
    probed,
)
from store.refusals import OLD_CARD, Reason, Refused
from store.rules.eligibility import SERVICE_BOUGHT, SERVICE_TAKEN
from store.rules.rights import Action
from store.say import Say, To
from store.tables import Draft, Partner, Person, Space, id_of

# ------------------------------------------------------------------ starting a draft


@command(
    "start",
    rule=with_role(Action.START),
    help=N_("Start a trial: fill in a few cards, check and save."),
)
def start(turn: Turn) -> Sequence[Say]:
    """Start a draft, or offer to continue with the open one."""
    if turn.space is not None:
        return _begin(turn, turn.space)
    spaces = places(turn.session, turn.by)
    if len(spaces) > 1:
        return [turn.answer(*where_card(spaces, words=turn.words))]
    return _begin(turn, spaces[0][0])


def _where(turn: Turn, inputs: Mapping[str, Any]) -> Mapping[str, Choices]:
    return {"space": where_choices(places(turn.session, turn.by))}


def _where_again(turn: Turn, problem: Invalid) -> Sequence[Say]:
    spaces = places(turn.session, turn.by)
    return [turn.answer(*where_card(spaces, words=turn.words, problem=problem))]


@on(StartWhere, choices=_where, ask_again=_where_again)
def start_there(turn: Turn, form: StartWhere) -> Sequence[Say]:
    """Start a draft for the chosen partner and space."""
    return _begin(turn, turn.session.get_one(Space, form.space))


def _begin(turn: Turn, space: Space) -> Sequence[Say]:
    draft = drafts.current(turn.session, turn.by, space.partner_id, now=turn.now)
    if draft is None:
        return [_anew(turn, space)]
    card = open_draft_card(draft, space, words=turn.words)
    return [turn.answer(*card, slot=_place(draft))]


def _anew(turn: Turn, space: Space) -> Say:
    draft = drafts.begin(
        turn.session, by=turn.by, space=space, step=FormStep.CUSTOMER, now=turn.now
    )
    return _card(turn, draft)


@on(StartAnew)
def begin_anew(turn: Turn, form: StartAnew) -> Sequence[Say]:
    """Start an empty draft instead of the existing one."""
    return [_anew(turn, turn.session.get_one(Space, form.space))]


@on(StartGoOn)
def go_on(turn: Turn, form: StartGoOn) -> Sequence[Say]:
    """Continue at the draft's current step."""
    draft = drafts.hold(turn.session, form.draft, turn.act())
    return [_card(turn, draft)]


@on(StartCopy)
def take_a_copy(turn: Turn, form: StartCopy) -> Sequence[Say]:
    """Continue with a copy of a colleague's draft."""
    draft = drafts.copy(turn.session, form.draft, by=turn.by, now=turn.now)
    return [_card(turn, draft)]


# ------------------------------------------------------------------ the steps


def _choices(turn: Turn, inputs: Mapping[str, Any]) -> Mapping[str, Choices]:
    """Return the choices of the draft's partner; none for a draft that isn't this person's."""
    try:
        carried = StartGoOn.parse({"draft": inputs.get("draft")})
    except Invalid:
        return {}
    draft = turn.session.get(Draft, carried.draft)
    if draft is None or draft.person_id != turn.by.id:
        return {}
    return start_choices(draft, turn.session.get_one(Partner, draft.partner_id), turn.words)


def _again(turn: Turn, problem: Invalid) -> Sequence[Say]:
    carried = StartSave.parse({name: problem.values[name] for name in OnDraft.fields})
    draft = _held(turn, carried, step_of(problem.form))
    return [_card(turn, draft, problem=problem)]


def next_card(turn: Turn, form: OnDraft) -> Sequence[Say]:
    """Store this step's input and show the next step."""
    step = step_of(type(form))
    draft = _held(turn, form, step)
    if isinstance(form, StartCustomer):
        _check_customers(turn, draft, form)
    values = kept(form, draft.values)
    return [_card(turn, _save(turn, draft, after(step, draft.values | values), values))]


def _check_customers(turn: Turn, draft: Draft, form: StartCustomer) -> None:
    """Refuse, at its field, an address that can't be the customer's. Raises `Invalid`."""
    addresses = [form.administrator, *form.full_administrators]
    try:
        check_customers(turn.session, draft.partner_id, turn.by, addresses)
    except Refused as no:
        field = field_of(str(no.facts["address"]), form.administrator)
        raise form.wrong({field: Message(refusal(turn.words, no))}) from no


for _form in FORMS.values():
    if _form is not StartSave:
        on(_form, choices=_choices, ask_again=_again)(next_card)


@on(StartBack)
def back(turn: Turn, form: StartBack) -> Sequence[Say]:
    """Show the previous step; no input is lost."""
    draft = _held(turn, form, form.step)
    values = kept_back(form, draft.values)
    return [_card(turn, _save(turn, draft, before(form.step, draft.values), values))]


@on(StartPrivately)
def privately(turn: Turn, form: StartPrivately) -> Sequence[Say]:
    """Continue in a private chat; the space gets one line."""
    draft = _held(turn, form, form.step)
    draft = _save(turn, draft, form.step, kept_back(form, draft.values))
    card = replace(
        _card(turn, draft, alone=True), to=To.person(turn.by), thread=None, replace=False
    )
    line = turn.words("{person} is continuing in a private chat.", person=turn.words.name(turn.by))
    return [card, turn.answer(line, slot=_place(draft))]


@on(StartDrop)
def drop(turn: Turn, form: StartDrop) -> Sequence[Say]:
    """Discard the draft."""
    draft = drafts.hold(turn.session, form.draft, turn.act(form.version))
    drafts.drop(turn.session, id_of(draft), by=turn.by)
    return [turn.answer(turn.words("Draft discarded."), slot=_place(draft))]


def _held(turn: Turn, form: OnDraft, step: FormStep) -> Draft:
    """Return the draft, if it is still at the step of the pressed card.

    Refused: OLD_CARD (`draft_id`); as `drafts.hold`.
    """
    draft = drafts.hold(turn.session, form.draft, turn.act(form.version))
    if draft.step != step:
        raise Refused(OLD_CARD, draft_id=draft.id)
    return draft


def _save(turn: Turn, draft: Draft, step: FormStep, values: dict[str, Any]) -> Draft:
    return drafts.save(
        turn.session, id_of(draft), turn.act(draft.version), step=step, values=values
    )


def _card(
    turn: Turn,
    draft: Draft,
    said: str = "",
    problem: Invalid | None = None,
    *,
    running: str = "",
    alone: bool = False,
) -> Say:
    """Show the draft's current step."""
    space = turn.session.get_one(Space, draft.space_id)
    card = start_card(
        draft,
        turn.session.get_one(Partner, draft.partner_id),
        words=turn.words,
        today=today_in(space, turn.now),
        said=said,
        problem=problem,
        shared=not (turn.direct or alone),
        running=running,
    )
    return turn.answer(*card, slot=_place(draft))


def _place(draft: Draft) -> str:
    """Return the slot of a draft's card: one per room, so that nobody presses an outdated one."""
    return f"draft/{draft.id}"


# ------------------------------------------------------------------ saving


@on(StartSave, ask_again=_again)
def save(turn: Turn, form: StartSave) -> Sequence[Say]:
    """Turn the draft into a trial.

    If something is taken, say so at its field and keep all input.
    """
    draft = _held(turn, form, FormStep.SAVE)
    draft = _save(turn, draft, FormStep.SAVE, kept(form, draft.values))
    try:
        started = finish_draft(turn.session, id_of(draft), turn.act(draft.version))
    except Refused as no:
        return [_not_eligible(turn, draft, no)]
    return _started(turn, started)


def _started(turn: Turn, started: Started) -> Sequence[Say]:
    new = started.trial
    requests = consent.requests(turn, new, started.consents)
    return trial.done(turn, new, partial(saved, new), *requests)


def _not_eligible(turn: Turn, draft: Draft, no: Refused) -> Say:
    """Show the step in which something must change, or link to the partner's own trial."""
    if no.reason in TELLING:
        probed(turn.session, turn.by, turn.now)
    said = refusal(turn.words, no)
    if no.reason in _CARDS:
        step, field = _CARDS[no.reason]
        if step is FormStep.CUSTOMER:
            field = field_of(str(no.facts["address"]), draft.values["administrator"])
        draft = _save(turn, draft, step, {})
        return _card(turn, draft, problem=wrong(step, draft.values, field, Message(said)))
    if no.reason in (OWN_TRIAL_RUNS, TOO_MANY_PROBES):
        return _card(turn, draft, said, running=str(no.facts.get("code", "")))
    raise no


_CARDS: Mapping[Reason, tuple[FormStep, str]] = {
    SITE_TAKEN: (FormStep.SITE, "site"),
    SERVICE_TAKEN: (FormStep.SERVICES, "services"),
    SERVICE_BOUGHT: (FormStep.SERVICES, "bought"),
    OWN_PERSON: (FormStep.CUSTOMER, "administrator"),
    BOT_ADDRESS: (FormStep.CUSTOMER, "administrator"),
    FAR_AWAY: (FormStep.SERVICES, "far_away"),
}


# ------------------------------------------------------------------ outdated cards and refusals


def current(turn: Turn, draft_id: int, said: str) -> Sequence[Say]:
    """Show the current step of one's own draft in place of an outdated card."""
    draft = drafts.hold(turn.session, draft_id, turn.act())
    return [_card(turn, draft, said)]


@refused(DRAFT_GONE)
def instead(turn: Turn, no: Refused) -> Sequence[Say]:
    """Show the trial that the draft became, or offer a copy of a colleague's draft.

    As long as nothing happened to the trial, a second press on Save keeps the first one's answer.
    """
    said = refusal(turn.words, no)
    match no.facts:
        case {"trial_id": int(trial_id)}:
            about = reading.show(turn.session, trial_id, by=turn.by, now=turn.now).trial
            past = reading.history(turn.session, trial_id, by=turn.by, now=turn.now)
            is_new = len({row.at for row, _ in past}) == 1
            return [trial.announce(turn, about, saved(about, turn.words) if is_new else said)]
        case {"draft_id": int(draft_id)}:
            return [_offer_copy(turn, turn.session.get_one(Draft, draft_id))]
        case _:
            return [turn.answer(said, replace=False)]


def _offer_copy(turn: Turn, draft: Draft) -> Say:
    owner = turn.session.get_one(Person, draft.person_id)
    own = drafts.current(turn.session, turn.by, draft.partner_id, now=turn.now) is not None
    card = copy_card(draft, owner, own=own, words=turn.words)
    return turn.answer(*card, replace=False)


@refused(*TELLING)
def taken(turn: Turn, no: Refused) -> Sequence[Say]:
    """Say that something is taken, never by whom, and count the attempt."""
    probed(turn.session, turn.by, turn.now)
    return [turn.answer(refusal(turn.words, no), replace=False)]
