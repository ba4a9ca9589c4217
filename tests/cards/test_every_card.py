"""Webex accepts every card in every state and language."""

import json
from typing import Any

import pytest

from cards.kit.kit import MAX_ACTIONS, MAX_BYTES, Card
from cards.kit.words import MESSAGE_BYTES, Words
from sandbox.cards import limit_flaws, schema_flaws
from tests.cards import every_card as made
from tests.cards.every_card import every_card
from tests.schema import official


@pytest.fixture(scope="module")
def cards(language: str) -> list[tuple[str, Card]]:
    return list(every_card(Words(language)))


def test_the_collection_has_cards(cards: list[tuple[str, Card]]) -> None:
    names = [name for name, _ in cards]
    assert len(names) == len(set(names)) > 300


def test_no_card_of_a_feature_is_missing() -> None:
    """If it fails: tests/cards/every_card.py makes those that need more than a trial."""
    makers = {name for name in made.card_makers() if name.endswith("_card")}
    assert not makers - made.plain_cards().keys() - vars(made).keys()


def test_every_card_passes_the_strict_check(cards: list[tuple[str, Card]]) -> None:
    for name, card in cards:
        assert schema_flaws(card.content) + limit_flaws(card.content) == [], name


def test_every_card_follows_the_official_schema() -> None:
    check = official()
    every = every_card(Words("en"))
    sample = {json.dumps(_shape(card.content)): (name, card) for name, card in every}
    for name, card in sample.values():
        assert [error.message for error in check.iter_errors(card.content)] == [], name


def test_every_card_is_version_1_3_and_small(cards: list[tuple[str, Card]]) -> None:
    for name, card in cards:
        assert card.content["version"] == "1.3", name
        assert card.content["$schema"].startswith("http://adaptivecards.io/"), name
        assert len(json.dumps(card.content, ensure_ascii=False).encode()) <= MAX_BYTES, name


def test_no_card_has_more_than_five_buttons_in_a_row(cards: list[tuple[str, Card]]) -> None:
    for name, card in cards:
        for part in _parts(card.content):
            assert len(part.get("actions", ())) <= MAX_ACTIONS, name


def test_every_text_has_content_and_fits(cards: list[tuple[str, Card]]) -> None:
    for name, card in cards:
        assert len(card.text.strip()) >= 15, name
        assert len(card.text.encode()) <= MESSAGE_BYTES, name


def test_no_card_mentions_everybody_or_links_to_typed_text(
    cards: list[tuple[str, Card]],
) -> None:
    for name, card in cards:
        assert "<@all" not in card.text, name
        assert "](https://evil" not in card.text, name
        for part in _parts(card.content):
            if part.get("type") in ("TextBlock", "Fact"):
                assert "<@all" not in json.dumps(part), name
                assert "](https://evil" not in json.dumps(part), name


def test_every_form_on_a_card_is_known(cards: list[tuple[str, Card]]) -> None:
    from cards.kit.forms import form_of

    for name, card in cards:
        for part in _parts(card.content):
            if part.get("type") == "Action.Submit":
                form = form_of(part["data"])
                assert form is not None, name
                assert part["data"].keys() - {"form", "scope"} <= form.fields.keys(), name


def _parts(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [part for each in value for part in _parts(each)]
    if not isinstance(value, dict):
        return []
    return [value, *(part for each in value.values() for part in _parts(each))]


def _shape(value: Any) -> Any:
    """A card without its texts, so that the slow check runs once for cards of equal structure."""
    if isinstance(value, dict):
        return {key: _shape(each) for key, each in value.items() if key != "data"}
    if isinstance(value, list):
        return sorted({json.dumps(_shape(each)) for each in value})
    return type(value).__name__
