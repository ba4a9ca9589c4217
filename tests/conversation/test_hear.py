"""What is read out of a message, whichever client wrote it and however people spell."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.features  # noqa: F401
from bot.conversation.hear import heard, understand
from bot.webex.identity import Identity
from tests.store.examples import rule


def person(cluster: str = "us", key: str = "5d6f3c1e-6f0a-4f58-9d0c-7b1f2f0c6a11") -> str:
    inside = f"ciscospark://{cluster}/PEOPLE/{key}".encode()
    return base64.urlsafe_b64encode(inside).decode().rstrip("=")


ME = Identity(person(), "Trialbot", (), "")
SOMEBODY = person(key="00000000-6f0a-4f58-9d0c-7b1f2f0c6a11")


def mention(whom: str = ME.person_id, name: str = "Trialbot") -> str:
    return (
        f'<spark-mention data-object-type="person" data-object-id="{whom}">{name}</spark-mention>'
    )


@pytest.mark.parametrize(
    ("typed", "command", "rest"),
    [
        ("list", "list", ""),
        ("LIST expiring", "list", "expiring"),
        ("list  \u200b expiring.", "list", "expiring."),
        ("l\u200bist", "list", ""),
        ("/help", "help", ""),
        ("help!", "help", ""),
        ("help .", "help", ""),
        (", help?", "help", ""),
        ("let  go T-7K3Q", "let go", "T-7K3Q"),
        ("let go.", "let go", ""),
        ("note T-7K3Q one\n two!", "note", "T-7K3Q one\n two!"),
        ("note T-7K3Q 👨\u200d👩", "note", "T-7K3Q 👨\u200d👩"),
        ("expiring", "list", "expiring"),
        ("Expiring!", "list", "expiring"),
        ("mine", "list", "mine"),
        ("devices", "devices", ""),
        ("T-7K3Q", "show", "T-7K3Q"),
        ("t7k3q.", "show", "t7k3q."),
        ("7k3q", "show", "7k3q"),
        ("KWPM", "show", "KWPM"),
        ("hello!", "home", ""),
        ("?", "home", ""),
        ("", "home", ""),
        ("\u200b", "home", ""),
    ],
)
def test_a_command_is_found(typed: str, command: str, rest: str) -> None:
    found = understand(typed)
    assert found.command
    assert (found.command.word, found.rest) == (command, rest)


@pytest.mark.parametrize(
    ("typed", "nearest", "rest"),
    [
        ("exten T-7K3Q", "extend", "T-7K3Q"),
        ("extned Meadow  Foods", "extend", "Meadow  Foods"),
        ("lsit expiring", "list", "expiring"),
        ("expirng", "list", "expiring"),
        ("let og T-7K3Q", "let go", "T-7K3Q"),
        ("letgo T-7K3Q", "let go", "T-7K3Q"),
        ("shw x", "show", "x"),
        ("expirng T-7K3Q", None, ""),
        ("abracadabra", None, ""),
        ("thanks", None, ""),
        ("mark", None, ""),
    ],
)
def test_a_near_miss_keeps_what_follows(typed: str, nearest: str | None, rest: str) -> None:
    found = understand(typed)
    assert found.command is None
    assert (found.nearest.word if found.nearest else None, found.rest) == (nearest, rest)


@pytest.mark.parametrize(
    "html",
    [
        "<p>{} list expiring</p>",
        "<p>list {} expiring</p>",
        "<p>list expiring {}</p>",
        "<p>{}, list expiring</p>",
        "{}: list expiring",
        "<p>{}</p><p>list<br/>expiring</p>",
    ],
)
@pytest.mark.parametrize("whom", [person(), person("urn:TEAM:eu-central-1_k"), person() + "==",
                                  "5D6F3C1E-6f0a-4f58-9d0c-7b1f2f0c6a11"])  # fmt: skip
def test_the_mention_may_stand_anywhere(html: str, whom: str) -> None:
    message = {"roomType": "group", "html": html.format(mention(whom)), "text": "?"}
    found = heard(message, ME)
    assert found.command
    assert (found.command.word, found.rest) == ("list", "expiring")


@pytest.mark.parametrize(
    "text",
    ["Trialbot list expiring", "trialbot, list expiring", "list Trialbot expiring",
     "list expiring Trialbot", "Trialbot\u00a0list expiring"],
)  # fmt: skip
def test_a_mention_without_markup_may_stand_anywhere_too(text: str) -> None:
    found = heard({"roomType": "group", "text": text}, ME)
    assert found.command
    assert (found.command.word, found.rest) == ("list", "expiring")


@pytest.mark.parametrize(
    ("text", "command", "rest"),
    [
        ("Trialbot list expiring", "list", "expiring"),
        ("trialbot: list expiring", "list", "expiring"),
        ("Trialbot", "home", ""),
        ("show Trialbot", "show", "Trialbot"),
        ("Trialbottle", None, ""),
    ],
)
def test_in_a_private_chat_our_name_may_stand_first(
    text: str, command: str | None, rest: str
) -> None:
    found = heard({"roomType": "direct", "text": text}, ME)
    assert (found.command.word if found.command else None, found.rest) == (command, rest)


def test_our_name_does_not_hide_a_command_of_the_same_name() -> None:
    found = heard(
        {"roomType": "direct", "text": "list expiring"}, Identity("x", "List Bot", (), "")
    )
    assert found.command
    assert (found.command.word, found.rest) == ("list", "expiring")


def test_somebody_elses_mention_is_part_of_the_text() -> None:
    html = f"<p>{mention()} roles {mention(SOMEBODY, 'Tom Okafor')}</p>"
    found = heard({"roomType": "group", "html": html, "text": ""}, ME)
    assert found.command
    assert (found.command.word, found.rest) == ("roles", "Tom Okafor")


@rule
@given(st.text(max_size=40), st.sampled_from(["group", "direct"]), st.booleans())
def test_any_message_is_understood_somehow(text: str, room: str, html: bool) -> None:
    message = {"roomType": room, "text": text, "html": mention() + text if html else ""}
    found = heard(message, ME)
    assert found.command or found.typed
    again = understand(found.typed)
    assert (again.command, again.rest, again.nearest) == (found.command, found.rest, found.nearest)
