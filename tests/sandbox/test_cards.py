"""The card check: as strict as the Adaptive Cards 1.3 schema, plus Webex's own limits."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import cards
from tests.sandbox.conftest import Caller
from tests.schema import official

CARD_TYPE = "application/vnd.microsoft.card.adaptive"

IMAGE = {"type": "Image", "url": "https://pictures.example/a.png", "altText": "A", "size": "small"}
SPECIMEN: dict[str, Any] = {
    "type": "AdaptiveCard",
    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
    "version": "1.3",
    "fallbackText": "A card",
    "backgroundImage": {"url": "https://pictures.example/b.png", "fillMode": "cover"},
    "body": [
        {"type": "TextBlock", "text": "Hi", "weight": "Bolder", "wrap": True, "maxLines": 2},
        {"type": "RichTextBlock", "inlines": ["a", {"type": "TextRun", "text": "b"}]},
        {"type": "FactSet", "facts": [{"title": "Code", "value": "T-1"}], "id": "facts"},
        {
            "type": "Container",
            "style": "emphasis",
            "items": [IMAGE, {"type": "ImageSet", "images": [IMAGE], "imageSize": "small"}],
            "selectAction": {"type": "Action.Submit", "data": {"free": {"form": [1]}}},
        },
        {
            "type": "ColumnSet",
            "columns": [
                {"width": 2, "items": [{"type": "TextBlock", "text": "left"}]},
                {"type": "Column", "width": "auto", "style": None, "fallback": "drop"},
            ],
        },
        {"type": "Input.Text", "id": "t", "isMultiline": True, "maxLength": 9, "isRequired": True},
        {"type": "Input.Number", "id": "n", "min": 1, "max": 2.5, "value": 2, "label": "N"},
        {"type": "Input.Date", "id": "d", "value": "2026-12-01", "errorMessage": "When?"},
        {"type": "Input.Time", "id": "h", "min": "09:00"},
        {"type": "Input.Toggle", "id": "y", "title": "Yes", "valueOn": "1"},
        {
            "type": "Input.ChoiceSet",
            "id": "c",
            "style": "expanded",
            "choices": [{"title": "One", "value": "1"}],
            "fallback": {"type": "TextBlock", "text": "no choice"},
        },
        {"type": "ActionSet", "actions": [{"type": "Action.OpenUrl", "url": "https://a.example"}]},
        {"type": "Media", "sources": [{"mimeType": "video/mp4", "url": "https://a.example/v"}]},
    ],
    "actions": [
        {"type": "Action.Submit", "title": "Save", "style": "positive", "data": "s"},
        {"type": "Action.ShowCard", "card": {"body": [{"type": "TextBlock", "text": "in"}]}},
        {
            "type": "Action.ToggleVisibility",
            "targetElements": ["facts", {"elementId": "facts", "isVisible": False}],
        },
    ],
}


def test_the_specimen_is_valid() -> None:
    assert cards.schema_flaws(SPECIMEN) == []


def test_every_shape_has_the_keys_of_the_official_schema() -> None:
    kinds = [name for name in cards.SHAPES if name[0].isupper()]
    assert len(kinds) == 27
    for name in kinds:
        keys, required = _declared(official().schema["definitions"], name)
        shape = cards.SHAPES[name]
        assert (set(shape.keys), set(shape.required)) == (keys - {"type"}, required), name


def _declared(definitions: dict[str, Any], name: str) -> tuple[set[str], set[str]]:
    shape = definitions[name]
    if "anyOf" in shape:
        shape = next(one for one in shape["anyOf"] if "properties" in one)
    above = [definitions[one["$ref"].rpartition("/")[2]] for one in shape.get("allOf", ())]
    required = {key for one in (shape, *above) for key in one.get("required", ())}
    return set(shape["properties"]), required


VALUES = st.sampled_from(
    [True, 1, 2.5, "text", "DROP", "auto", "Small", "", None, [], {}, ["x"], {"type": "TextBlock"}]
)
KEYS = st.sampled_from(
    ["id", "text", "color", "schema", "isEnabled", "tooltip", "refresh", "style", "title", "value"]
)
TYPES = st.sampled_from(
    [
        "Table",
        "Action.Execute",
        "Fact",
        "Action.Submit",
        "TextBlock",
        "Input.Text",
        "Column",
        "Image",
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """The specimen with one or two changes anywhere in it."""
    card = copy.deepcopy(SPECIMEN)
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.sampled_from(list(_objects(card))))
        change = draw(st.sampled_from(["drop", "set", "add", "type"]))
        if change == "add" or not place:
            place[draw(KEYS)] = copy.deepcopy(draw(VALUES))
        elif change == "type":
            place["type"] = draw(TYPES)
        else:
            key = draw(st.sampled_from(sorted(place)))
            if change == "drop":
                del place[key]
            else:
                place[key] = copy.deepcopy(draw(VALUES))
    return card


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for member in value.values() if isinstance(value, dict) else value:
        if isinstance(member, dict | list):
            yield from _objects(member)


@given(card=damaged())
@settings(max_examples=80)
def test_verdicts_agree_with_the_official_schema(card: dict[str, Any]) -> None:
    """Where a word is expected (`fallback` too), the schema accepts any non-string; we don't."""
    flaws = cards.schema_flaws(card)
    valid = official().is_valid(card)
    assert valid or flaws, "the schema refuses it, the sandbox doesn't"
    if valid:
        meant = ("is not a valid enum value", "/fallback")
        assert all(any(part in flaw for part in meant) for flaw in flaws), flaws


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"text": None}, "#/body/0: required key [text] not found"),
        ({"horizontal": "left"}, "#/body/0: extraneous key [horizontal] is not permitted"),
        ({"wrap": "true"}, "#/body/0/wrap: expected type: Boolean, found: String"),
        ({"size": "huge"}, "#/body/0/size: huge is not a valid enum value"),
        ({"type": "Table"}, "#/body/0/type: Table is not a valid enum value"),
        ({"type": None}, "#/body/0: required key [type] not found"),
    ],
)
def test_flaws_are_worded_as_in_webex(change: dict[str, Any], flaw: str) -> None:
    block = {"type": "TextBlock", "text": "Hi"} | change
    block = {key: value for key, value in block.items() if value is not None}
    assert cards.schema_flaws({"type": "AdaptiveCard", "body": [block]}) == [flaw]


def make(**parts: Any) -> dict[str, Any]:
    return {"type": "AdaptiveCard", "version": "1.3"} | parts


def buttons(count: int) -> list[dict[str, Any]]:
    return [{"type": "Action.Submit", "title": str(n)} for n in range(count)]


@pytest.mark.parametrize(
    ("card", "part"),
    [
        (make(actions=buttons(6)), "#/actions: expected maximum item count: 5, found: 6"),
        (make(body=[{"type": "ActionSet", "actions": buttons(6)}]), "#/body/0/actions: expected"),
        (make(body=[IMAGE] * 11), "#: expected maximum image count: 10, found: 11"),
        (make(body=[{"type": "Media", "sources": []}]), "#/body/0: Media is not supported"),
        (make(body=[{"type": "Input.Date", "id": "a"}] * 2), "#/body/1/id: [a] is used by another"),
        (make(version="1.4"), "#/version: 1.4 is not a supported version"),
        ({"version": "1.3"}, "#: required key [type] not found"),
    ],
)
def test_webex_refuses_more_than_the_schema(card: dict[str, Any], part: str) -> None:
    assert cards.schema_flaws(card) == []
    assert any(flaw.startswith(part) for flaw in cards.limit_flaws(card))


def test_five_buttons_and_ten_images_are_allowed() -> None:
    card = make(body=[IMAGE] * 10, actions=buttons(5))
    assert cards.limit_flaws(card) == []


def test_a_refused_card_is_answered_with_an_object_of_errors(bot: Caller, room: str) -> None:
    card = make(body=[{"type": "TextBlock", "horizontal": "left"}])
    wish = {
        "roomId": room,
        "text": "x",
        "attachments": [{"contentType": CARD_TYPE, "content": card}],
    }
    answer = bot.call("POST", "messages", json=wish)
    assert answer.status_code == 400
    assert answer.json()["errors"] == {
        "attachments": {
            "code": "invalid_attachments",
            "reason": "Invalid Adaptive Card Json",
            "attachmentErrors": [
                "#/body/0: required key [text] not found",
                "#/body/0: extraneous key [horizontal] is not permitted",
            ],
        }
    }


def test_a_message_takes_one_card_of_limited_size(bot: Caller, room: str) -> None:
    def post(*contents: Any) -> tuple[int, str]:
        attachments = [{"contentType": CARD_TYPE, "content": content} for content in contents]
        return bot.refused("POST", "messages", roomId=room, text="x", attachments=attachments)

    assert post(make(), make())[0] == 400
    big = make(body=[{"type": "TextBlock", "text": "x" * 60_000}])
    assert post(big) == (400, "Unable to share content to room")
    assert post("no card")[0] == 400
