"""The card check: Adaptive Cards 1.3, no unknown keys, and Webex's own limits.

Flaws have Webex's wording: `#/body/5: required key [text] not found`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

MAX_ACTIONS = 5
MAX_IMAGES = 10
MAX_BYTES = 60_000
VERSIONS = ("1.0", "1.1", "1.2", "1.3")

Check = Callable[[Any], Sequence[str]]
"""Returns the flaws of a value, each with its path from there; none if it is valid."""


def schema_flaws(card: Any) -> list[str]:
    """The flaws of `card` as an Adaptive Card of version 1.3; empty if it is valid."""
    return _under("#", SHAPES["AdaptiveCard"](card))


def limit_flaws(card: dict[str, Any]) -> list[str]:
    """What Webex refuses in a card that the schema allows."""
    return list(_limits(card))


def too_big(card: dict[str, Any]) -> bool:
    """Whether the card is too large for Webex to share."""
    return len(orjson.dumps(card)) > MAX_BYTES


# -- checks of single values ---------------------------------------------------------------------


def _typed(name: str, *types: type) -> Check:
    def check(value: Any) -> Sequence[str]:
        if isinstance(value, types) and not (isinstance(value, bool) and bool not in types):
            return ()
        return (f": expected type: {name}, found: {_type_name(value)}",)

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


def _uri(value: Any) -> Sequence[str]:
    if isinstance(value, str) and _NOT_IN_URI.search(value):
        return (f": [{value}] is not a valid URI reference",)
    return _text(value)


def _one_of(words: str) -> Check:
    allowed = {word.lower() for word in words.split()}

    def check(value: Any) -> Sequence[str]:
        if isinstance(value, str) and value.lower() in allowed:
            return ()
        return (f": {value} is not a valid enum value",)

    return check


def _either(*checks: Check) -> Check:
    def check(value: Any) -> Sequence[str]:
        found = []
        for one in checks:
            flaws = one(value)
            if not flaws:
                return ()
            found.append(flaws)
        return min(found, key=_mismatch)

    return check


def _mismatch(flaws: Sequence[str]) -> tuple[bool, int]:
    """A sort key: the alternative that the value was most likely meant to be comes first."""
    return flaws[0].startswith(": expected type"), len(flaws)


def _null(value: Any) -> Sequence[str]:
    return () if value is None else (f": expected: null, found: {_type_name(value)}",)


def _list_of(item: Check) -> Check:
    def check(value: Any) -> Sequence[str]:
        if not isinstance(value, list):
            return _list(value)
        return _flaws_within(enumerate(value), item)

    return check


def _texts_by_name(value: Any) -> Sequence[str]:
    if not isinstance(value, dict):
        return _object(value)
    return _flaws_within(value.items(), _text)


def _flaws_within(members: Iterable[tuple[Any, Any]], check: Check) -> list[str]:
    flaws: list[str] = []
    for key, member in members:
        if found := check(member):
            flaws += _under(f"/{key}", found)
    return flaws


def _under(path: str, flaws: Sequence[str]) -> list[str]:
    return [path + flaw for flaw in flaws]


@dataclass(frozen=True)
class Shape:
    """An object of a card: its keys with their checks, and the required ones."""

    type: str
    keys: dict[str, Check]
    required: tuple[str, ...] = ()

    def __call__(self, value: Any) -> Sequence[str]:
        """The flaws of `value` as this object."""
        if not isinstance(value, dict):
            return _object(value)
        flaws = [f": required key [{key}] not found" for key in self.required if key not in value]
        for key, member in value.items():
            if key == "type":
                if member != self.type:
                    flaws.append(f"/type: {member} is not a valid enum value")
            elif key not in self.keys:
                flaws.append(f": extraneous key [{key}] is not permitted")
            elif found := self.keys[key](member):
                flaws += _under(f"/{key}", found)
        return flaws


def _shape(name: str) -> Check:
    return lambda value: SHAPES[name](value)


def _typed_as(names: str) -> Check:
    """Check against one of the named shapes, chosen by `type`."""
    choice = names.split()

    def check(value: Any) -> Sequence[str]:
        if not isinstance(value, dict):
            return _object(value)
        if "type" not in value:
            return (": required key [type] not found",)
        if value["type"] not in choice:
            return (f"/type: {value['type']} is not a valid enum value",)
        return SHAPES[value["type"]](value)

    return check


# -- the tables ----------------------------------------------------------------------------------

_action = _typed_as("Action.OpenUrl Action.ShowCard Action.Submit Action.ToggleVisibility")
_element = _typed_as(
    "ActionSet ColumnSet Container FactSet Image ImageSet Input.ChoiceSet Input.Date Input.Number"
    " Input.Text Input.Time Input.Toggle Media RichTextBlock TextBlock"
)
_drop = _one_of("drop")

VALUES: dict[str, Check] = {
    "text": _text,
    "flag": _flag,
    "number": _number,
    "uri": _uri,
    "texts": _texts_by_name,
    "data": _either(_object, _text),
    "width": _either(_text, _number),
    "flag?": _either(_flag, _null),
    "action": _action,
    "action|drop": _either(_action, _drop),
    "press": _typed_as("Action.OpenUrl Action.Submit Action.ToggleVisibility"),
    "element": _element,
    "element|drop": _either(_element, _drop),
    "card": _shape("AdaptiveCard"),
    "choice": _shape("Input.Choice"),
    "column": _shape("Column"),
    "column|drop": _either(_shape("Column"), _drop),
    "fact": _shape("Fact"),
    "image": _shape("Image"),
    "run": _either(_typed_as("TextRun"), _text),
    "source": _shape("MediaSource"),
    "target": _either(_shape("TargetElement"), _text),
    "background": _either(_shape("BackgroundImage"), _uri),
    "across": _one_of("left center right"),
    "upright": _one_of("top center bottom"),
    "inputs": _one_of("auto none"),
    "mood": _one_of("default positive destructive"),
    "box-style": _either(_one_of("default emphasis good attention warning accent"), _null),
    "choice-style": _one_of("compact expanded"),
    "color": _one_of("default dark light accent good warning attention"),
    "fill": _one_of("cover repeatHorizontally repeatVertically repeat"),
    "font": _one_of("default monospace"),
    "height": _one_of("auto stretch"),
    "image-size": _one_of("auto stretch small medium large"),
    "image-style": _one_of("default person"),
    "size": _one_of("default small medium large extraLarge"),
    "spacing": _one_of("default none small medium large extraLarge padding"),
    "text-style": _one_of("text tel url email"),
    "weight": _one_of("default lighter bolder"),
}

# One shape per line: `Name < parents: key=value …`; `!` marks a required key, `*` a list.
# A lower-case name is only a parent; an indented line continues the one before.
TABLE = """
item: requires=texts
toggled < item: id=text isVisible=flag
element < toggled: fallback=element|drop height=height separator=flag spacing=spacing
input < element: id!=text errorMessage=text isRequired=flag label=text
typed < input: placeholder=text value=text
range: min=text max=text
action < item: title=text iconUrl=uri style=mood fallback=action|drop
box: selectAction=press style=box-style bleed=flag minHeight=text
area: items=element* backgroundImage=background verticalContentAlignment=upright
letters: text!=text color=color fontType=font isSubtle=flag size=size weight=weight

AdaptiveCard: version=text body=element* actions=action* selectAction=press fallbackText=text
  backgroundImage=background minHeight=text speak=text lang=text
  verticalContentAlignment=upright $schema=uri
Action.OpenUrl < action: url!=uri
Action.ShowCard < action: card=card
Action.Submit < action: data=data associatedInputs=inputs
Action.ToggleVisibility < action: targetElements=target*
TargetElement: elementId!=text isVisible=flag?
BackgroundImage: url!=uri fillMode=fill horizontalAlignment=across verticalAlignment=upright

ActionSet < element: actions!=action*
Column < toggled box area: fallback=column|drop separator=flag spacing=spacing width=width
ColumnSet < element box: columns=column* horizontalAlignment=across
Container < element box area: items!=element*
Fact: title!=text value!=text
FactSet < element: facts!=fact*
Image < element: url!=uri altText=text backgroundColor=text height=text width=text size=image-size
  horizontalAlignment=across selectAction=press style=image-style
ImageSet < element: images!=image* imageSize=image-size
Media < element: sources!=source* poster=uri altText=text
MediaSource: mimeType!=text url!=uri
RichTextBlock < element: inlines!=run* horizontalAlignment=across
TextBlock < element letters: horizontalAlignment=across maxLines=number wrap=flag
TextRun < letters: highlight=flag italic=flag selectAction=press strikethrough=flag underline=flag

Input.Choice: title!=text value!=text
Input.ChoiceSet < typed: choices!=choice* isMultiSelect=flag style=choice-style wrap=flag
Input.Date < typed range:
Input.Number < input: placeholder=text min=number max=number value=number
Input.Text < typed: isMultiline=flag maxLength=number regex=text style=text-style inlineAction=press
Input.Time < typed range:
Input.Toggle < input: title!=text value=text valueOff=text valueOn=text wrap=flag
"""


def _read(table: str) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {}
    for line in filter(None, re.sub(r"\n +", " ", table).splitlines()):
        head, _, fields = line.partition(":")
        name, _, above = head.partition(" < ")
        taken = [shapes[one] for one in above.split()]
        keys = {key: check for shape in taken for key, check in shape.keys.items()}
        required = {key: None for shape in taken for key in shape.required}
        for field in fields.split():
            key, _, value = field.partition("=")
            if key.endswith("!"):
                required[key := key[:-1]] = None
            keys[key] = _list_of(VALUES[value[:-1]]) if value.endswith("*") else VALUES[value]
        shapes[name] = Shape(name, keys, tuple(required))
    return shapes


SHAPES = _read(TABLE)


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


def _parts(card: dict[str, Any], path: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Every object of the card, top down, except the data that buttons carry."""
    ahead: list[tuple[Any, str]] = [(card, path)]
    while ahead:
        value, path = ahead.pop()
        members: Iterable[tuple[Any, Any]] = enumerate(value)
        if isinstance(value, dict):
            yield value, path
            members = value.items()
        within = [
            (member, f"{path}/{key}")
            for key, member in members
            if isinstance(member, (dict, list)) and key not in _NOT_SHOWN
        ]
        ahead += reversed(within)


_NOT_SHOWN = ("data", "requires")
