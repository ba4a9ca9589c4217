"""Check the rule of a form or command before anything of it runs: who, about what, and where.

Ids that aren't this person's and ids of nothing get the same refusal, word for word. Operations
check rights again; only the place is checked nowhere else.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.conversation.routes import Command
from bot.conversation.turn import Turn
from cards.kit.forms import Form
from cards.kit.rules import About, Place, Rule
from store.features import consent, drafts
from store.features.setup import check_may_link, is_operator
from store.features.shared import people, reading
from store.refusals import NOT_LINKED, NOTHING_FOR_YOU, OTHER_PARTNERS_SPACE, Refused
from store.rules.rights import Action, check_may, may
from store.say import Say
from store.tables import Space


def run(turn: Turn, command: Command) -> Sequence[Say]:
    """Run a command, typed or pressed, if its rule allows it. Raises `Refused` if not."""
    check_command(turn, command)
    return command.handler(turn)


def check_command(turn: Turn, command: Command) -> None:
    """Check a command's rule. Raises `Refused`."""
    _check(turn, command.rule, None)


def check(turn: Turn, form: type[Form], inputs: Mapping[str, Any]) -> None:
    """Check a form's rule against what its button carries. Raises `Refused`.

    An id that can't be read is left to the form, which never accepts it.
    """
    assert form.rule is not None
    if form.rule.place is Place.ONE_TO_ONE and not turn.direct:
        raise Refused(NOTHING_FOR_YOU)
    subject = form.subject(inputs)
    if subject is not None or not form.rule.field:
        _check(turn, form.rule, subject)


def operates(turn: Turn) -> bool:
    """Whether one of the operator's people acts, one to one."""
    return turn.direct and is_operator(turn.by, turn.operators)


def _check(turn: Turn, rule: Rule, subject: Any) -> None:
    if check_subject := _SUBJECTS.get(rule.about):
        check_subject(turn, rule, subject)


def _check_trial(turn: Turn, rule: Rule, trial_id: int) -> None:
    view = reading.standing(turn.session, trial_id, by=turn.by, now=turn.now)
    _check_place(turn, rule, view.trial.partner_id)
    check_may(view.standing.role, _action(rule), own=view.standing.own)


def _check_draft(turn: Turn, rule: Rule, draft_id: int) -> None:
    partner_id = drafts.partner_of(turn.session, draft_id, turn.by)
    _check_place(turn, rule, partner_id)


def _check_space(turn: Turn, rule: Rule, space_id: int) -> None:
    space = turn.session.get(Space, space_id)
    _check_partner(turn, rule, space.partner_id if space else 0)


def _check_partner(turn: Turn, rule: Rule, partner_id: int) -> None:
    role = people.role_of(turn.session, turn.by, partner_id)
    if role is None and rule.operators and operates(turn):
        return
    if role is None:
        raise Refused(NOTHING_FOR_YOU)
    _check_place(turn, rule, partner_id)
    check_may(role, _action(rule), own=True)


def _check_consent(turn: Turn, rule: Rule, consent_id: int) -> None:
    room_id, direct = turn.room_id, turn.direct
    consent.addressed(turn.session, consent_id, turn.by, room_id=room_id, direct=direct)


def _check_customer(turn: Turn, rule: Rule, trial_id: int) -> None:
    reading.administered(turn.session, trial_id, by=turn.by, room_id=turn.room_id)


def _check_here(turn: Turn, rule: Rule, subject: None) -> None:
    if not turn.direct:
        _check_any_partner(turn, rule, subject)


def _check_any_partner(turn: Turn, rule: Rule, subject: None) -> None:
    if not turn.direct and turn.space is None:
        raise Refused(NOT_LINKED)
    here = turn.space.partner_id if turn.space else None
    roles = people.roles(turn.session, turn.by)
    held = [role for partner_id, role in roles.items() if here in (None, partner_id)]
    if not held:
        raise Refused(NOTHING_FOR_YOU)
    if not any(may(role, _action(rule), own=True) for role in held):
        check_may(held[0], _action(rule), own=True)


def _check_new_space(turn: Turn, rule: Rule, subject: None) -> None:
    check_may_link(turn.session, turn.by, turn.operators, direct=turn.direct)


_SUBJECTS: Mapping[About, Callable[[Turn, Rule, Any], None]] = {
    About.TRIAL: _check_trial,
    About.DRAFT: _check_draft,
    About.PARTNER: _check_partner,
    About.SPACE: _check_space,
    About.CONSENT: _check_consent,
    About.CUSTOMER: _check_customer,
    About.HERE: _check_here,
    About.ANY_PARTNER: _check_any_partner,
    About.NEW_SPACE: _check_new_space,
}
"""How each subject is checked; a button that names a command is checked by `run`."""


def _check_place(turn: Turn, rule: Rule, partner_id: int) -> None:
    """Refuse what isn't done in this place; one to one, all of one's partners may be shown."""
    if rule.place is not Place.OWN_SPACE or turn.direct:
        return
    if turn.space is None:
        raise Refused(NOT_LINKED)
    if turn.space.partner_id != partner_id:
        raise Refused(OTHER_PARTNERS_SPACE)


def _action(rule: Rule) -> Action:
    """The action that a role must allow; without one, seeing is enough."""
    return rule.action or Action.SEE
