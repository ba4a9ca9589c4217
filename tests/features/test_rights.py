"""Every command and press is authorised: people without rights try all of them.

They send what any client could: a real trial's ids, forged inputs, cards never offered.
"""

from sqlalchemy import text
from sqlmodel import SQLModel

import bot.features
from bot.conversation.routes import commands, presses
from cards.kit.fields import Choose, ChooseMany, Day, Email, Emails, Field, Number, Tick
from cards.kit.forms import Form
from store.tables import Trial
from store.terms import Service
from tests.people import Person
from tests.stage import Stage

NOT_KEPT = {
    *("inbox", "outbox", "reminder", "slot", "pause", "beat", "flag", "probe"),
    *("person", "address", "draft"),
}
"""Tables that somebody without a right may change: the machinery, and what is only their own."""

KEPT = SQLModel.metadata.tables.keys() - NOT_KEPT
SECRETS = ("Secretive", "secretive", "Harbour")


def test_every_form_has_a_handler() -> None:
    from cards.kit.forms import forms_by_key

    assert bot.features.__path__
    ours = {key for key, form in forms_by_key.items() if form.__module__.startswith("cards.")}
    assert ours == set(presses)


def test_an_outsiders_presses_change_nothing_and_reveal_nothing(stage: Stage) -> None:
    walk(stage, stage.jo)


def test_another_partners_presses_change_nothing_and_reveal_nothing(stage: Stage) -> None:
    walk(stage, stage.petra)


def test_a_read_only_persons_presses_change_nothing(stage: Stage) -> None:
    walk(stage, stage.viktor, secrets=())


def test_an_outsiders_commands_reveal_nothing(stage: Stage) -> None:
    trial = a_secret(stage)
    before = everything(stage)
    for word in commands:
        for rest in ("", trial.code, "Secretive", "admin@secretive.example", f"{trial.id}"):
            stage.jo.says(f"{word} {rest}")
    stage.idle()
    answers = stage.jo.messages()
    assert len([m for m in answers if m.raw["personEmail"].endswith(".bot")]) >= len(commands)
    for message in answers:
        if message.raw["personEmail"].endswith(".bot"):
            said = message.everything.replace("“Secretive", "").replace("admin@secretive", "")
            assert not any(secret in said for secret in SECRETS), said
    assert everything(stage) == before


def walk(stage: Stage, person: Person, secrets: tuple[str, ...] = SECRETS) -> None:
    """Press every form, filled in and empty, with a real trial's ids."""
    trial = a_secret(stage)
    person.says("home")
    card = person.sees()
    before = everything(stage)
    for press in presses.values():
        for inputs in (as_filled(press.form, trial), as_empty(press.form, trial)):
            body = {"type": "submit", "messageId": card.id, "inputs": inputs}
            person.call("POST", "attachment/actions", json=body)
    stage.idle()
    assert everything(stage) == before
    hidden = (*secrets, trial.code) if secrets else ()
    for message in [*person.news(), *person.alone().messages()]:
        assert not any(secret in message.everything for secret in hidden), message.everything


def a_secret(stage: Stage) -> Trial:
    """A trial that outsiders must not see, with everything that a press could change."""
    return stage.a_trial(
        company="Secretive GmbH",
        kind="existing",
        administrator="admin@secretive.example",
        services=[Service.CALLING, Service.DEVICES],
        to_ship={"phone": {"models": {"8845": 1}, "country": "BG"}},
    )


def everything(stage: Stage) -> dict[str, list[str]]:
    """All rows of the KEPT tables as text, without the other partner's own."""
    with stage.database.reading() as session:
        return {
            table: sorted(
                str(dict(row._mapping))
                for row in session.execute(text(f'SELECT * FROM "{table}"'))
                if row._mapping.get("partner_id", 1) == 1
                and (table != "partner" or row._mapping["id"] == 1)
            )
            for table in KEPT
        }


def as_filled(form: type[Form], trial: Trial) -> dict[str, str]:
    """Inputs with every field filled in with a valid value."""
    carried = as_empty(form, trial)
    fields = {name: field for name, field in form.fields.items() if name not in carried}
    return carried | {name: something(field) for name, field in fields.items()}


def as_empty(form: type[Form], trial: Trial) -> dict[str, str]:
    """Only the inputs that the button carries."""
    brought = {name: field for name, field in form.fields.items() if not field.visible}
    ids = {"trial": trial.id, "version": trial.version, "code": trial.code}
    known = {name: str(ids.get(name, guess(field))) for name, field in brought.items()}
    return {"form": form.key, **known}


def guess(field: Field) -> str:
    """A plausible value for a carried field."""
    if isinstance(field.type, type) and issubclass(field.type, int):
        return "1"
    choices = list(field.type) if hasattr(field.type, "__members__") else []
    return str(choices[0]) if choices else "start"


def something(field: Field) -> str:
    """A valid value for a visible field."""
    if isinstance(field, Choose | ChooseMany):
        offered = field.offered(None)
        return offered[0][0] if offered else "1"
    match field:
        case Tick():
            return "true"
        case Day():
            return "2026-12-01"
        case Number():
            return str(max(field.least, 1))
        case Email() | Emails():
            return "new@person.example"
    return "T-TEST"
