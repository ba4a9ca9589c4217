"""A test of the test: forms that are wrong on purpose, each of which the matrix must find."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from sqlmodel import delete

from bot.conversation.routes import on, presses
from bot.conversation.turn import Turn
from cards.kit.forms import Form, carried, forms_by_key
from cards.kit.rules import About, Rule, for_anybody, on_trial
from cards.kit.rules import Place as At
from store.features.note import ADD_NOTE, NOTED
from store.features.shared.trials import keep, lock
from store.rules.rights import Action
from store.say import Say
from store.tables import Draft, Reminder, Trial
from tests.rights import product
from tests.rights.events import Play
from tests.rights.matrix import faults, pressing
from tests.rights.product import May

Handler = Callable[[Turn, "OnTrial"], Sequence[Say]]

AS_A_CHANGE = product.Rule(May.CHANGE)
"""Each of them says that it changes a trial, so the rule of such forms holds."""


class OnTrial(Form):
    """What each of them carries."""

    trial: int = carried()


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """Forget the forms of a test afterwards."""
    known = set(forms_by_key)
    yield
    for key in set(forms_by_key) - known:
        del forms_by_key[key]
        presses.pop(key, None)


def found(play: Play, rule: Rule, handler: Handler) -> str:
    """What the matrix says of a form with this rule and handler."""

    class Bad(OnTrial, key="bad.form", rule=rule):
        pass

    on(Bad)(handler)
    return "\n".join(faults(play, pressing(presses["bad.form"], AS_A_CHANGE)))


def test_a_good_form_has_no_faults(play: Play) -> None:
    assert found(play, on_trial(ADD_NOTE), _change) == ""


def test_showing_code_and_company_to_anybody(play: Play) -> None:
    def show(turn: Turn, form: OnTrial) -> Sequence[Say]:
        trial = turn.session.get(Trial, form.trial)
        shown = f"{trial.code}, {trial.customer.company}" if trial else "Nothing"
        return [turn.answer(shown, replace=False)]

    said = found(play, for_anybody(), show)
    assert "jo in one to one, Tom's ids: showed ['Secretive']" in said
    assert "others' and nobody's differ" in said


def test_deleting_all_drafts(play: Play) -> None:
    def delete_drafts(turn: Turn, form: OnTrial) -> Sequence[Say]:
        turn.session.exec(delete(Draft))
        return [turn.answer("Done", replace=False)]

    said = found(play, for_anybody(), delete_drafts)
    assert "jo in Harbour's space, nobody's ids: changed Harbour Networks's draft" in said


def test_deleting_all_reminders(play: Play) -> None:
    def delete_reminders(turn: Turn, form: OnTrial) -> Sequence[Say]:
        turn.session.exec(delete(Reminder))
        return [turn.answer("Done", replace=False)]

    said = found(play, for_anybody(), delete_reminders)
    assert "viktor in Harbour's space, Tom's ids: changed {'reminder'" in said
    assert "changed Summit Voice's reminder" in said


def test_the_right_role_in_the_wrong_partners_space(play: Play) -> None:
    rule = Rule(About.TRIAL, ADD_NOTE, At.ANYWHERE, "trial")
    said = found(play, rule, _change)
    assert "nora in Summit's space, Tom's ids: changed {'trial'" in said
    assert "nora in Harbour's space" not in said


def test_an_administrator_changing_somebody_elses_trial(play: Play) -> None:
    said = found(play, on_trial(Action.SEE), _change)
    assert "tom in Harbour's space, Nora's ids: changed {'trial'" in said
    assert "tom in Harbour's space, Tom's ids" not in said


def test_a_form_without_a_rule_is_an_error_at_import() -> None:
    with pytest.raises(ValueError, match=r"bad\.form"):

        class Bad(OnTrial, key="bad.form"):
            pass


def _change(turn: Turn, form: OnTrial) -> Sequence[Say]:
    """Change a trial, as an operation would that has forgotten to check the right."""
    trial = lock(turn.session, form.trial)
    assert trial is not None
    keep(turn.session, trial, turn.act(), NOTED, note="changed", plans=False)
    return [turn.answer("Changed", replace=False)]
