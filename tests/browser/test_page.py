"""The sandbox's page without a bot program: the test plays the bot over /v1."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from playwright.sync_api import Page, expect

from sandbox.server import Sandbox
from tests.browser.conftest import Play

ATTACK = '<img src=x onerror="window.hurt=1">'
CARD = "application/vnd.microsoft.card.adaptive"
FORM = {
    "type": "AdaptiveCard",
    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
    "version": "1.3",
    "body": [
        {"type": "TextBlock", "text": f"**Order** for {ATTACK} [here](javascript:window.hurt=1)"},
        {
            "type": "Input.Text",
            "id": "company",
            "label": "Company",
            "isRequired": True,
            "errorMessage": "Name the company",
        },
        {
            "type": "Input.Text",
            "id": "mail",
            "label": "Address",
            "regex": "^[^@]+@[^@]+$",
            "errorMessage": "That is no address",
        },
        {"type": "Input.Number", "id": "users", "label": "Users", "value": 50},
        {
            "type": "Input.ChoiceSet",
            "id": "services",
            "label": "Services",
            "style": "expanded",
            "isMultiSelect": True,
            "choices": [
                {"title": "Messaging", "value": "messaging"},
                {"title": "Meetings", "value": "meetings"},
                {"title": "Calling", "value": "calling"},
            ],
        },
        {"type": "Input.Toggle", "id": "sure", "title": "I am sure"},
        {"type": "Input.Text", "id": "note", "label": "Note"},
    ],
    "actions": [
        {
            "type": "Action.Submit",
            "title": "Order",
            "style": "positive",
            "data": {"form": "order", "users": 7},
        },
        {
            "type": "Action.Submit",
            "title": "Leave it",
            "associatedInputs": "none",
            "data": {"form": "leave"},
        },
    ],
}


class Person:
    """Somebody who uses /v1 directly."""

    def __init__(self, url: str, facts: dict[str, Any]) -> None:
        self.id: str = facts["personId"]
        self._url = url
        self._headers = {"Authorization": f"Bearer {facts['token']}"}

    def get(self, path: str, **query: str) -> Any:
        return self._ask("GET", path, params=query)

    def post(self, path: str, **body: Any) -> Any:
        return self._ask("POST", path, json=body)

    def delete(self, path: str) -> None:
        self._ask("DELETE", path)

    def _ask(self, method: str, path: str, **rest: Any) -> Any:
        url = f"{self._url}/v1/{path}"
        answer = requests.request(method, url, headers=self._headers, timeout=10, **rest)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@pytest.fixture
def cast(webex: Sandbox) -> dict[str, Person]:
    people = requests.get(f"{webex.url}/sandbox/people", timeout=10).json()
    return {facts["role"]: Person(webex.url, facts) for facts in people}


@pytest.fixture
def space(webex: Sandbox) -> dict[str, Any]:
    rooms = requests.get(f"{webex.url}/sandbox/rooms", timeout=10).json()
    return next(room for room in rooms if room["role"] == "partner-space")


def message_box(page: Page) -> Any:
    return page.get_by_label("Message", exact=True)


def test_mention_suggestions_appear_even_if_typing_outpaces_loading(
    play: Play, space: dict[str, Any]
) -> None:
    page, held = play(""), []
    page.route("**/v1/memberships?*", lambda route: held.append(route), times=1)
    page.get_by_role("link", name="Nora Lindqvist").click()
    page.get_by_role("navigation", name="Spaces").get_by_role("link", name=space["title"]).click()
    message_box(page).press_sequentially("Dear @tri")
    expect(page.get_by_role("option", name="Trialbot")).to_have_count(0)
    held.pop().continue_()
    expect(page.get_by_role("option", name="Trialbot")).to_be_visible()
    message_box(page).press("Enter")
    expect(message_box(page)).to_have_value("Dear @Trialbot ")


def test_a_card_is_filled_and_pressed(
    webex: Sandbox, play: Play, cast: dict[str, Person], space: dict[str, Any]
) -> None:
    page = play("")
    page.get_by_role("link", name="Nora Lindqvist").click()
    page.get_by_role("navigation", name="Spaces").get_by_role("link", name=space["title"]).click()
    message_box(page).press_sequentially("Dear @tri")
    expect(page.get_by_role("option", name="Trialbot")).to_be_visible()
    message_box(page).press("Enter")
    message_box(page).press_sequentially("order")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log").get_by_text("Dear @Trialbot order")).to_be_visible()
    bot = cast["bot"]
    heard = bot.get("messages", roomId=space["id"], mentionedPeople="me")["items"][0]
    assert heard["text"] == "Dear Trialbot order"
    assert heard["mentionedPeople"] == [bot.id]

    attachment = {"contentType": CARD, "content": FORM}
    sent = bot.post(
        "messages",
        roomId=space["id"],
        parentId=heard["id"],
        text="An order",
        attachments=[attachment],
    )
    card = page.get_by_role("group", name="Card")
    card.get_by_label("Address").fill("nobody")
    card.get_by_role("button", name="Order").click()
    expect(card.get_by_text("Name the company")).to_be_visible()
    expect(card.get_by_text("That is no address")).to_be_visible()
    assert not webex.world.actions

    card.get_by_label("Company").fill("Meadow Foods")
    card.get_by_label("Address").fill("clara@meadow.example")
    card.get_by_label("Calling").check()
    card.get_by_label("Messaging").check()
    card.get_by_label("I am sure").check()
    card.get_by_role("button", name="Order").click()
    expect(card.get_by_role("status")).to_have_text("“Order” sent")
    card.get_by_role("button", name="Leave it").click()
    expect(card.get_by_role("status")).to_have_text("“Leave it” sent")
    order, leave = (bot.get(f"attachment/actions/{action}") for action in webex.world.actions)
    assert order["messageId"] == sent["id"]
    assert order["personId"] == cast["partner-full-admin"].id
    assert order["inputs"] == {
        "company": "Meadow Foods",
        "mail": "clara@meadow.example",
        "users": 7,
        "services": "messaging,calling",
        "sure": "true",
        "form": "order",
    }
    assert leave["inputs"] == {"form": "leave"}


def test_two_people_see_each_others_messages(
    play: Play, cast: dict[str, Person], space: dict[str, Any]
) -> None:
    nora = play("partner-full-admin", space["id"])
    tom = play("partner-admin")
    message_box(nora).fill("Who knows Quarry Tools?")
    message_box(nora).press("Enter")
    unread = tom.get_by_role("link", name=f"{space['title']}, unread")
    unread.click()
    question = tom.get_by_role("article", name="Nora Lindqvist")
    question.get_by_role("button", name="Reply").click()
    tom.get_by_label("Attach a file").set_input_files(
        {"name": "quarry.csv", "mimeType": "text/csv", "buffer": b"company\nQuarry Tools\n"}
    )
    message_box(tom).fill("I do")
    tom.get_by_role("button", name="Send").click()
    answer = nora.get_by_role("article", name="Tom Okafor")
    expect(answer.get_by_text("I do")).to_be_visible()
    with nora.expect_download() as download:
        answer.get_by_role("link", name="quarry.csv").click()
    assert download.value.path().read_bytes() == b"company\nQuarry Tools\n"
    newest, oldest = cast["partner-admin"].get("messages", roomId=space["id"])["items"]
    assert newest["parentId"] == oldest["id"]

    question = nora.get_by_role("article", name="Nora Lindqvist")
    question.get_by_role("button", name="Edit").click()
    message_box(nora).fill("Who knows Meadow Foods?")
    message_box(nora).press("Enter")
    expect(tom.get_by_text("Who knows Meadow Foods?")).to_be_visible()
    expect(tom.get_by_text("edited", exact=True)).to_be_visible()
    cast["partner-admin"].delete(f"messages/{newest['id']}")
    expect(nora.get_by_text("Tom Okafor deleted a message")).to_be_visible()


def test_hostile_text_stays_text(
    webex: Sandbox, play: Play, cast: dict[str, Person], space: dict[str, Any]
) -> None:
    name = f"Eve {ATTACK}"
    facts = {"name": name, "email": "eve@post.example", "org": "consumer"}
    added = requests.post(f"{webex.url}/sandbox/people", json=facts, timeout=10)
    eve = Person(webex.url, added.json())
    cast["partner-full-admin"].post(
        "memberships", roomId=space["id"], personEmail="eve@post.example"
    )
    room = eve.post("rooms", title=f"Room {ATTACK}")
    nora = cast["partner-full-admin"]
    eve.post("memberships", roomId=room["id"], personId=nora.id)
    eve.post("messages", roomId=space["id"], text=f"plain {ATTACK}")
    markdown = f"marked {ATTACK} [run](javascript:window.hurt=1) <@personId:{nora.id}|{ATTACK}"
    eve.post("messages", roomId=space["id"], markdown=markdown)
    eve.post("messages", roomId=space["id"], markdown=f"hello <@personId:{nora.id}|<b>you</b>>")
    attachment = {"contentType": CARD, "content": FORM}
    cast["bot"].post("messages", roomId=space["id"], text="card", attachments=[attachment])

    page = play("partner-full-admin", space["id"])
    expect(page.get_by_role("log").get_by_text(f"plain {ATTACK}")).to_be_visible()
    expect(page.get_by_role("log").get_by_text(f"marked {ATTACK}")).to_be_visible()
    expect(page.get_by_role("article", name=name).first).to_be_visible()
    expect(page.get_by_role("group", name="Card").get_by_text(ATTACK)).to_be_visible()
    expect(page.get_by_role("link", name=f"Room {ATTACK}")).to_be_visible()
    message_box(page).press_sequentially("@eve")
    page.get_by_role("option", name="Eve").click()
    message_box(page).press_sequentially("hello")
    message_box(page).press("Enter")
    expect(page.get_by_role("article", name="Nora Lindqvist").get_by_text("hello")).to_be_visible()
    page.get_by_role("button", name="People").click()
    expect(page.get_by_role("dialog").get_by_text(name)).to_be_visible()
    assert page.locator("#app img, dialog img, [onerror], [href^=javascript]").count() == 0
    assert page.evaluate("window.hurt") is None


def test_the_clock_moves_to_nine_in_the_selected_time_zone(webex: Sandbox, play: Play) -> None:
    page = play("partner-admin")
    page.get_by_label("Time zone").select_option("Europe/Sofia")
    page.get_by_label("Date and time").fill("2027-03-27T10:00")
    page.get_by_role("button", name="Set clock").click()
    shown = page.get_by_role("timer", name="Sandbox time")
    expect(shown).to_contain_text("27 Mar 2027, 10:00")
    page.get_by_role("button", name="Next 09:00").click()
    expect(shown).to_contain_text("28 Mar 2027, 09:00")
    assert sandbox_time(webex).strftime("%d %H:%M %Z") == "28 09:00 EEST"
    page.get_by_role("button", name="+7 days").click()
    expect(shown).to_contain_text("4 Apr 2027, 09:00")


def sandbox_time(webex: Sandbox) -> datetime:
    now = requests.get(f"{webex.url}/sandbox/clock", timeout=10).json()["now"]
    return datetime.fromisoformat(now).astimezone(ZoneInfo("Europe/Sofia"))


def test_a_person_starts_a_chat_and_a_space_on_a_phone(play: Play, cast: dict[str, Person]) -> None:
    page = play("customer-full-admin", width=390, height=780)
    page.get_by_role("button", name="New message").click()
    page.get_by_role("dialog").get_by_role("button", name="Trialbot").click()
    message_box(page).fill("help")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log").get_by_text("help")).to_be_visible()
    page.get_by_role("link", name="Back to the spaces").click()
    expect(page.get_by_role("link", name="Trialbot")).to_be_visible()
    page.get_by_role("button", name="New space").click()
    page.get_by_label("Name of the space").fill("Spring")
    page.get_by_role("button", name="Create space").click()
    page.get_by_role("button", name="People (1)").click()
    page.get_by_role("button", name="Add Trialbot").click()
    expect(page.get_by_role("button", name="Mention Trialbot")).to_be_visible()
    rooms = cast["bot"].get("rooms", type="group")["items"]
    assert "Spring" in {room["title"] for room in rooms}
