"""Cisco's Python SDK works with the sandbox."""

from pathlib import Path

import pytest
from webexpythonsdk import WebexAPI
from webexpythonsdk.exceptions import ApiError, RateLimitError
from webexpythonsdk.models.cards import AdaptiveCard, TextBlock

from tests.sandbox.conftest import Caller, Controls


@pytest.fixture
def webex(bot: Caller, monkeypatch: pytest.MonkeyPatch) -> WebexAPI:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return WebexAPI(bot.about["token"], base_url=f"{bot.url}/v1/", wait_on_rate_limit=False)


def test_a_bot_talks_through_the_sdk(webex: WebexAPI, tom: Caller, bot: Caller, room: str) -> None:
    me = webex.people.me()
    assert (me.id, me.type, me.created.year) == (bot.id, "bot", 2024)
    said = tom.post("messages", roomId=room, markdown=f"{bot.mention} hi")
    heard = webex.messages.get(said["id"])
    assert heard.mentionedPeople == [me.id]
    reply = webex.messages.create(room, parentId=heard.id, markdown="**hello**")
    assert (reply.text, reply.parentId) == ("hello", heard.id)
    assert webex.messages.update(reply.id, room, text="hello again").text == "hello again"
    webex.messages.delete(reply.id)
    with pytest.raises(ApiError) as gone:
        webex.messages.get(reply.id)
    assert gone.value.status_code == 404
    assert gone.value.tracking_id.startswith("ROUTERGW_")


def test_a_card_is_sent_replaced_and_pressed(webex: WebexAPI, bot: Caller, clara: Caller) -> None:
    card = AdaptiveCard(body=[TextBlock("Consent?")])
    message = webex.messages.create(toPersonEmail=clara.email, text="Consent?", attachments=[card])
    wish = {"type": "submit", "messageId": message.id, "inputs": {"answer": "yes"}}
    press = clara.post("attachment/actions", **wish)
    assert webex.attachment_actions.get(press["id"]).inputs == {"answer": "yes"}
    body = {
        "roomId": message.roomId,
        "text": "Thanks",
        "attachments": message.json_data["attachments"],
    }
    edited = bot.put(f"messages/{message.id}", **body)
    assert edited["text"] == "Thanks"


def test_a_file_is_uploaded_and_downloaded(
    webex: WebexAPI, bot: Caller, room: str, tmp_path: Path
) -> None:
    chart = tmp_path / "chart.png"
    chart.write_bytes(b"\x89PNG\r\n")
    message = webex.messages.create(room, text="chart", files=[str(chart)])
    answer = bot.call("GET", message.files[0])
    assert answer.content == chart.read_bytes()
    assert 'filename="chart.png"' in answer.headers["Content-Disposition"]


def test_lists_include_all_pages(webex: WebexAPI, controls: Controls, bot: Caller) -> None:
    for n in range(5):
        controls.post("rooms", title=f"Room {n}", bot=True)
    rooms = list(webex.rooms.list(max=2))
    assert len({room.id for room in rooms}) == len(rooms) == 7
    urls = [f"http://127.0.0.1:9/{n}" for n in range(3)]
    for url in urls:
        webex.webhooks.create("x", url, "messages", "created", secret="s")
    assert [w.targetUrl for w in webex.webhooks.list(max=1)] == urls[::-1]


def test_a_429_raises_the_sdks_own_error(webex: WebexAPI, controls: Controls) -> None:
    controls.post("faults", kind="429", retry_after=7)
    with pytest.raises(RateLimitError) as limited:
        webex.people.me()
    assert limited.value.retry_after == 7
