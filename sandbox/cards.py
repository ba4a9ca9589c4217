"""The card check: Adaptive Cards 1.3, every key known, and Webex's own limits.

Flaws are worded as Webex words them: `#/body/5: required key [text] not found`.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

MAX_ACTIONS = 5
MAX_IMAGES = 10
MAX_BYTES = 60_000
VERSIONS = ("1.0", "1.1", "1.2", "1.3")

Check = Callable[[Any, str], Iterator[str]]


def schema_flaws(card: Any) -> list[str]:
    """What keeps `card` from being an Adaptive Card of version 1.3; empty if it is one."""
    return list(_card(card, "#"))


def limit_flaws(card: dict[str, Any]) -> list[str]:
    """What Webex refuses in a card that is valid by the schema."""
    return list(_limits(card))


def too_big(card: dict[str, Any]) -> bool:
    """True if Webex could not share the card for its size."""
    return len(json.dumps(card, ensure_ascii=False).encode()) > MAX_BYTES


# -- how single values are checked ---------------------------------------------------------------


def _typed(name: str, *types: type) -> Check:
    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            yield f"{path}: expected type: {name}, found: {_type_name(value)}"

    return check


def _type_name(value: Any) -> str:
    names = {bool: "Boolean", int: "Integer", float: "Double", str: "String", type(None): "Null"}
    return names.get(type(value), "JSONArray" if isinstance(value, list) else "JSONObject")


_text = _typed("String", str)
_flag = _typed("Boolean", bool)
_number = _typed("Number", int, float)
_object = _typed("JSONObject", dict)
_list = _typed("JSONArray", list)

_NOT_IN_URI = re.compile(r'[\s<>"{}|\\^`]')


def _uri(value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield from _text(value, path)
    elif _NOT_IN_URI.search(value):
        yield f"{path}: [{value}] is not a valid URI reference"


def _one_of(words: str) -> Check:
    allowed = {word.lower() for word in words.split()}

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, str) or value.lower() not in allowed:
            yield f"{path}: {value} is not a valid enum value"

    return check


def _either(*checks: Check) -> Check:
    def check(value: Any, path: str) -> Iterator[str]:
        found = [list(one(value, path)) for one in checks]
        if all(found):
            yield from min(found, key=lambda flaws: _mismatch(flaws, path))

    return check


def _mismatch(flaws: list[str], path: str) -> tuple[bool, int]:
    """Sorts first the alternative that the value was most likely meant to be."""
    return flaws[0].startswith((f"{path}: expected type", f"{path}: {path}")), len(flaws)


def _null(value: Any, path: str) -> Iterator[str]:
    if value is not None:
        yield f"{path}: expected: null, found: {_type_name(value)}"


def _list_of(item: Check) -> Check:
    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield from _list(value, path)
            return
        for place, member in enumerate(value):
            yield from item(member, f"{path}/{place}")

    return check


def _texts_by_name(value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield from _object(value, path)
        return
    for key, member in value.items():
        yield from _text(member, f"{path}/{key}")


@dataclass(frozen=True)
class Shape:
    """An object of a card: its keys with their checks, and which of them it must have."""

    type: str
    keys: dict[str, Check]
    required: tuple[str, ...] = ()

    def __call__(self, value: Any, path: str) -> Iterator[str]:
        """The flaws of `value` as this object."""
        if not isinstance(value, dict):
            yield from _object(value, path)
            return
        for key in self.required:
            if key not in value:
                yield f"{path}: required key [{key}] not found"
        for key, member in value.items():
            if key == "type":
                if member != self.type:
                    yield f"{path}/type: {member} is not a valid enum value"
            elif key in self.keys:
                yield from self.keys[key](member, f"{path}/{key}")
            else:
                yield f"{path}: extraneous key [{key}] is not permitted"


def _any_of(names: str) -> Check:
    """One of the named shapes, told apart by `type`."""
    choice = names.split()

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield from _object(value, path)
        elif "type" not in value:
            yield f"{path}: required key [type] not found"
        elif value["type"] not in choice:
            yield f"{path}/type: {value['type']} is not a valid enum value"
        else:
            yield from SHAPES[value["type"]](value, path)

    return check


def _shape(name: str) -> Check:
    return lambda value, path: SHAPES[name](value, path)


# -- the tables ----------------------------------------------------------------------------------

_card = _shape("AdaptiveCard")
_action = _any_of("Action.OpenUrl Action.ShowCard Action.Submit Action.ToggleVisibility")
_press = _any_of("Action.OpenUrl Action.Submit Action.ToggleVisibility")
_element = _any_of(
    "ActionSet ColumnSet Container FactSet Image ImageSet Input.ChoiceSet Input.Date Input.Number"
    " Input.Text Input.Time Input.Toggle Media RichTextBlock TextBlock"
)
_drop = _one_of("drop")
_background = _either(_shape("BackgroundImage"), _uri)
_across = _one_of("left center right")
_upright = _one_of("top center bottom")
_spacing = _one_of("default none small medium large extraLarge padding")
_color = _one_of("default dark light accent good warning attention")
_font = _one_of("default monospace")
_size = _one_of("default small medium large extraLarge")
_weight = _one_of("default lighter bolder")
_image_size = _one_of("auto stretch small medium large")
_box_style = _either(_one_of("default emphasis good attention warning accent"), _null)
_target = _either(_shape("TargetElement"), _text)

_ITEM: dict[str, Check] = {"requires": _texts_by_name}
_TOGGLED = _ITEM | {"id": _text, "isVisible": _flag}
_ELEMENT = _TOGGLED | {
    "fallback": _either(_element, _drop),
    "height": _one_of("auto stretch"),
    "separator": _flag,
    "spacing": _spacing,
}
_INPUT = _ELEMENT | {"errorMessage": _text, "isRequired": _flag, "label": _text}
_ACTION = _ITEM | {
    "title": _text,
    "iconUrl": _uri,
    "style": _one_of("default positive destructive"),
    "fallback": _either(_action, _drop),
}
_BOX: dict[str, Check] = {
    "selectAction": _press,
    "style": _box_style,
    "bleed": _flag,
    "minHeight": _text,
}
_FONT: dict[str, Check] = {
    "text": _text,
    "color": _color,
    "fontType": _font,
    "isSubtle": _flag,
    "size": _size,
    "weight": _weight,
}
_TYPED_INPUT: dict[str, Check] = {"placeholder": _text, "value": _text}
_RANGE: dict[str, Check] = {"max": _text, "min": _text}

SHAPES = {
    shape.type: shape
    for shape in (
        Shape(
            "AdaptiveCard",
            {
                "version": _text,
                "body": _list_of(_element),
                "actions": _list_of(_action),
                "selectAction": _press,
                "fallbackText": _text,
                "backgroundImage": _background,
                "minHeight": _text,
                "speak": _text,
                "lang": _text,
                "verticalContentAlignment": _upright,
                "$schema": _uri,
            },
        ),
        Shape("Action.OpenUrl", _ACTION | {"url": _uri}, ("url",)),
        Shape("Action.ShowCard", _ACTION | {"card": _card}),
        Shape(
            "Action.Submit",
            _ACTION | {"data": _either(_object, _text), "associatedInputs": _one_of("auto none")},
        ),
        Shape("Action.ToggleVisibility", _ACTION | {"targetElements": _list_of(_target)}),
        Shape(
            "TargetElement",
            {"elementId": _text, "isVisible": _either(_flag, _null)},
            ("elementId",),
        ),
        Shape("ActionSet", _ELEMENT | {"actions": _list_of(_action)}, ("actions",)),
        Shape(
            "BackgroundImage",
            {
                "url": _uri,
                "fillMode": _one_of("cover repeatHorizontally repeatVertically repeat"),
                "horizontalAlignment": _across,
                "verticalAlignment": _upright,
            },
            ("url",),
        ),
        Shape(
            "Column",
            _TOGGLED
            | _BOX
            | {
                "items": _list_of(_element),
                "backgroundImage": _background,
                "fallback": _either(_shape("Column"), _drop),
                "separator": _flag,
                "spacing": _spacing,
                "verticalContentAlignment": _upright,
                "width": _either(_text, _number),
            },
        ),
        Shape(
            "ColumnSet",
            _ELEMENT
            | _BOX
            | {"columns": _list_of(_shape("Column")), "horizontalAlignment": _across},
        ),
        Shape(
            "Container",
            _ELEMENT
            | _BOX
            | {
                "items": _list_of(_element),
                "verticalContentAlignment": _upright,
                "backgroundImage": _background,
            },
            ("items",),
        ),
        Shape("Fact", {"title": _text, "value": _text}, ("title", "value")),
        Shape("FactSet", _ELEMENT | {"facts": _list_of(_shape("Fact"))}, ("facts",)),
        Shape(
            "Image",
            _ELEMENT
            | {
                "url": _uri,
                "altText": _text,
                "backgroundColor": _text,
                "height": _text,
                "horizontalAlignment": _across,
                "selectAction": _press,
                "size": _image_size,
                "style": _one_of("default person"),
                "width": _text,
            },
            ("url",),
        ),
        Shape(
            "ImageSet",
            _ELEMENT | {"images": _list_of(_shape("Image")), "imageSize": _image_size},
            ("images",),
        ),
        Shape("Input.Choice", {"title": _text, "value": _text}, ("title", "value")),
        Shape(
            "Input.ChoiceSet",
            _INPUT
            | _TYPED_INPUT
            | {
                "choices": _list_of(_shape("Input.Choice")),
                "isMultiSelect": _flag,
                "style": _one_of("compact expanded"),
                "wrap": _flag,
            },
            ("choices", "id"),
        ),
        Shape("Input.Date", _INPUT | _TYPED_INPUT | _RANGE, ("id",)),
        Shape(
            "Input.Number",
            _INPUT | {"max": _number, "min": _number, "placeholder": _text, "value": _number},
            ("id",),
        ),
        Shape(
            "Input.Text",
            _INPUT
            | _TYPED_INPUT
            | {
                "isMultiline": _flag,
                "maxLength": _number,
                "regex": _text,
                "style": _one_of("text tel url email"),
                "inlineAction": _press,
            },
            ("id",),
        ),
        Shape("Input.Time", _INPUT | _TYPED_INPUT | _RANGE, ("id",)),
        Shape(
            "Input.Toggle",
            _INPUT
            | {"title": _text, "value": _text, "valueOff": _text, "valueOn": _text, "wrap": _flag},
            ("title", "id"),
        ),
        Shape(
            "Media",
            _ELEMENT
            | {"sources": _list_of(_shape("MediaSource")), "poster": _uri, "altText": _text},
            ("sources",),
        ),
        Shape("MediaSource", {"mimeType": _text, "url": _uri}, ("mimeType", "url")),
        Shape(
            "RichTextBlock",
            _ELEMENT
            | {
                "inlines": _list_of(_either(_any_of("TextRun"), _text)),
                "horizontalAlignment": _across,
            },
            ("inlines",),
        ),
        Shape(
            "TextBlock",
            _ELEMENT | _FONT | {"horizontalAlignment": _across, "maxLines": _number, "wrap": _flag},
            ("text",),
        ),
        Shape(
            "TextRun",
            _FONT
            | {
                "highlight": _flag,
                "italic": _flag,
                "selectAction": _press,
                "strikethrough": _flag,
                "underline": _flag,
            },
            ("text",),
        ),
    )
}


# -- Webex's own limits --------------------------------------------------------------------------


def _limits(card: dict[str, Any]) -> Iterator[str]:
    if "type" not in card:
        yield "#: required key [type] not found"
    if card.get("version") not in VERSIONS:
        yield f"#/version: {card.get('version')} is not a supported version"
    images, inputs = 0, set()
    for part, path in _parts(card, "#"):
        kind = str(part.get("type", ""))
        images += kind == "Image"
        if len(part.get("actions", ())) > MAX_ACTIONS:
            yield f"{path}/actions: expected maximum item count: {MAX_ACTIONS}, found: " + str(
                len(part["actions"])
            )
        if kind == "Media":
            yield f"{path}: Media is not supported"
        if kind.startswith("Input.") and "id" in part:
            if part["id"] in inputs:
                yield f"{path}/id: [{part['id']}] is used by another input"
            inputs.add(part["id"])
    if images > MAX_IMAGES:
        yield f"#: expected maximum image count: {MAX_IMAGES}, found: {images}"


def _parts(value: Any, path: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Every object of the card but what buttons carry as data."""
    if isinstance(value, list):
        for place, member in enumerate(value):
            yield from _parts(member, f"{path}/{place}")
    elif isinstance(value, dict):
        yield value, path
        for key, member in value.items():
            if key not in ("data", "requires"):
                yield from _parts(member, f"{path}/{key}")
