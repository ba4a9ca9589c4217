"""The suggestion of a command: what it says, and what its button does."""

from cards.kit.word import suggestion_card
from cards.kit.words import Words


def test_a_suggestion_carries_what_was_typed_and_shows_it_shortened() -> None:
    rest = "T-7K3Q " + "*long* " * 20
    card = suggestion_card("nte", "note", rest, Words(), can_be_pressed=True)
    [button] = card.content["actions"]
    assert button["data"] == {"form": "word", "word": "note", "rest": rest}
    assert button["title"].startswith("note T-7K3Q *long*")
    assert len(button["title"]) <= 61


def test_a_command_that_no_button_runs_is_only_named() -> None:
    for rest, can_be_pressed in (("", False), ("x" * 201, True)):
        card = suggestion_card("imprt", "import", rest, Words(), can_be_pressed=can_be_pressed)
        assert "Did you mean *import" in card.text
        assert not card.content.get("actions")
