"""What a forged press or a typed word carries, from the registry: every field, with any ids."""

from collections.abc import Mapping

from bot.conversation.routes import Press
from cards.kit.fields import Choose, ChooseMany, Day, Email, Emails, Field, Number, Rest, Tick
from cards.kit.forms import Form
from cards.kit.places import Country, Site, TimeZone
from store.declared import Declared
from tests.rights.world import Things

IDS = frozenset(
    {"trial", "version", "task", "shipment", "consent", "draft", "space", "partner"}
    | {"person", "giver", "taker"}
)


def inputs(press: Press, things: Things, parts: Things | None = None) -> dict[str, str]:
    """Every field of a form, filled in; `parts`: whose ids the fields besides the first name."""
    first = next(iter(press.form.fields), "")
    filled = {
        name: _value(press.form, name, field, parts if parts and name != first else things)
        for name, field in press.form.fields.items()
        if not isinstance(field, Rest)
    }
    return {"form": press.form.key, **filled}


def names_ids(form: type[Form]) -> bool:
    """Whether a form names anything by id."""
    return bool(IDS & form.fields.keys())


def names_parts(form: type[Form]) -> bool:
    """Whether a form names more than one thing by id."""
    return bool(IDS - {"version"} & set(list(form.fields)[1:]))


def _value(form: type[Form], name: str, field: Field, things: Things) -> str:
    if name == "version" and "draft" in form.fields:
        return str(things["draft_version"])
    return str(things[name]) if name in IDS else something(field)


def something(field: Field) -> str:
    """A value that the field accepts."""
    if isinstance(field, Choose | ChooseMany):
        offered = field.offered(None)
        return offered[0][0] if offered else "30"
    if not field.visible:
        return _carried(field)
    for kind, value in _VALUES.items():
        if isinstance(field, kind):
            return value
    return str(max(field.least, 1)) if isinstance(field, Number) else "30"


_VALUES: Mapping[type[Field], str] = {
    Tick: "true",
    Day: "2026-12-17",
    Email: "new@person.example",
    Emails: "new@person.example",
    Country: "BG",
    TimeZone: "Europe/Sofia",
    Site: "quite-new.webex.com",
}


def _carried(field: Field) -> str:
    if field.type is int:
        return "1"
    if issubclass(field.type, Declared):
        return str(field.type.all()[0])
    return str(next(iter(field.type))) if hasattr(field.type, "__members__") else ""
