"""The kit: fixes the faults of adaptivecardbuilder and keeps the limits."""

import pytest

from cards.kit import kit
from cards.kit.rows import fitting, rows
from cards.kit.words import Md, Words

WORDS = Words()


def test_a_card_has_the_format_that_webex_expects() -> None:
    inner = kit.show("Open", [kit.text("Inside")], [kit.submit("Press", {"form": "x"})])
    body = [kit.text("A*B"), kit.facts([("Label", "C*D"), ("Nothing", "")]), None]
    content = kit.card(WORDS, "Text", body, [inner, None]).content
    assert content["$schema"] == kit.SCHEMA
    assert "schema" not in content
    assert content["body"][0]["text"] == r"A\*B"
    assert content["body"][1]["facts"] == [{"title": "Label", "value": r"C\*D"}]
    assert content["actions"][0]["card"]["version"] == "1.3"
    assert "schema" not in content["actions"][0]["card"]


def test_builder_cursor_strings_are_plain_text() -> None:
    content = kit.card(WORDS, "^", [kit.text("^"), kit.text("<")]).content
    assert [element["text"] for element in content["body"]] == ["^", r"\<"]


def test_elements_after_a_box_are_placed_below_it() -> None:
    body = [kit.box([kit.text("In")]), kit.facts([("Label", "Fact")]), kit.text("Under")]
    content = kit.card(WORDS, "Text", body, [kit.show("Open", body), kit.submit("Go", {})]).content
    kinds = ["Container", "FactSet", "TextBlock"]
    assert [element["type"] for element in content["body"]] == kinds
    assert [element["type"] for element in content["actions"][0]["card"]["body"]] == kinds
    assert [action["title"] for action in content["actions"]] == ["Open", "Go"]


def test_a_sixth_button_goes_behind_more() -> None:
    buttons = [kit.submit(str(n), {"form": "x"}) for n in range(12)]
    actions = kit.card(WORDS, "Text", [], buttons).content["actions"]
    assert [action["title"] for action in actions] == ["0", "1", "2", "3", "More…"]
    inner = actions[4]["card"]["actions"]
    assert [action["title"] for action in inner] == ["4", "5", "6", "7", "More…"]
    assert len(inner[4]["card"]["actions"]) == 4


def test_an_oversized_card_is_left_out_and_the_text_says_so() -> None:
    text, content = kit.card(WORDS, "Text", [kit.text("x" * 1000) for _ in range(20)])
    assert content is None
    assert text.startswith("The card for this is too large")
    assert text.endswith("Text")


def test_a_card_gets_as_many_rows_as_fit_and_counts_the_rest() -> None:
    lines = [kit.text("x" * 900) for _ in range(25)]
    card = fitting(lambda most: kit.card(WORDS, "Text", rows(WORDS, lines, most)))
    assert card.content is not None
    *shown, last = card.content["body"]
    assert len(shown) == 18
    assert last["text"] == "and 7 more"


def test_a_card_with_few_rows_shows_them_all() -> None:
    card = fitting(lambda most: kit.card(WORDS, "Text", rows(WORDS, [kit.text("x")], most)))
    assert [each["text"] for each in (card.content or {})["body"]] == ["x"]


def test_a_card_needs_text() -> None:
    with pytest.raises(kit.Unfit):
        kit.card(WORDS, " ", [kit.text("x")])


def test_links_must_use_https() -> None:
    with pytest.raises(kit.Unfit):
        kit.link("Go", "mailto:a@b.example")


def test_a_choice_value_never_contains_a_comma() -> None:
    with pytest.raises(kit.Unfit):
        kit.choice_input("x", label="X", choices=[("a,b", "A")])


def test_buttons_and_labels_are_plain_text() -> None:
    said = WORDS("{company}", company="A*B")
    assert kit.submit(said, {}).title == "A*B"
    assert kit.text_input("x", label=said).label == "A*B"
    assert kit.toggle("x", title=said).title == r"A\*B"
    assert kit.text(Md("**x**")).text == "**x**"
