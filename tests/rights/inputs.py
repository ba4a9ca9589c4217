"""What a forged press or a typed word carries, from the registry: every field, with any ids."""

from collections.abc import Mapping
from datetime import date
from typing import Any

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
    """Every field of a form, filled in; `parts`: whose ids all but the first one are."""
    theirs = {} if parts is None else dict.fromkeys(parts_of(press.form), parts)
    filled = {
        name: _value(press.form, name, field, theirs.get(name, things))
        for name, field in press.form.fields.items()
        if not isinstance(field, Rest)
    }
    return {"form": press.form.key, **filled}


def names_ids(form: type[Form]) -> bool:
    """Whether a form names anything by id."""
    return bool(IDS & form.fields.keys())


def parts_of(form: type[Form]) -> list[str]:
    """The ids that a form carries besides that of its subject."""
    ids = [name for name in form.fields if name in IDS]
    return [name for name in ids[1:] if name != "version"]


def _value(form: type[Form], name: str, field: Field, things: Things) -> str:
    if name == "version" and "draft" in form.fields:
        return str(things["draft_version"])
    if name in IDS:
        return str(things[name])
    if name == "typed" and "sure" in form.fields:
        return things.code
    return _BY_NAME.get(name) or something(field)


_BY_NAME = {
    "serials": "FCH2233ABCD",
    "administrators": "other@person.example",
    "read_only": "third@person.example",
    "digest": "0123456789abcdef",
    "organisation_id": "7b3f1c1e-5d0f-4a53-9d5b-2a4d1f9f0c11",
}


def something(field: Field) -> str:
    """A value that the field accepts."""
    if isinstance(field, Choose | ChooseMany):
        offered = field.offered(None)
        return offered[0][0] if offered else _first(field, "30")
    if not field.visible:
        return _PLAIN.get(field.type) or _first(field, "")
    for kind, value in _VALUES.items():
        if isinstance(field, kind):
            return value
    return str(max(field.least, 1)) if isinstance(field, Number) else "30"


DAY = "2026-12-17"
_PLAIN: Mapping[Any, str] = {int: "1", date: DAY}
_VALUES: Mapping[type[Field], str] = {
    Tick: "true",
    Day: DAY,
    Email: "new@person.example",
    Emails: "new@person.example",
    Country: "BG",
    TimeZone: "Europe/Sofia",
    Site: "quite-new.webex.com",
}


def _first(field: Field, otherwise: str) -> str:
    """The first word of a field's vocabulary, if it has one."""
    if not isinstance(field.type, type):
        return otherwise
    words = field.type.all() if issubclass(field.type, Declared) else ()
    return str(next(iter(words or getattr(field.type, "__members__", {}).values()), otherwise))
