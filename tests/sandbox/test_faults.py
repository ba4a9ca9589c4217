"""Faults of Webex on demand."""

import time
from collections.abc import Callable

import pytest
import requests

from tests.people import wait_for
from tests.sandbox.conftest import App, Caller, Controls, Json
from tests.sandbox.test_messages import CARD

Listen = Callable[..., Json]


@pytest.mark.parametrize("retry_after", [2, 100000, "rand(30),add(30)"])
def test_a_429_carries_any_retry_after(
    bot: Caller, tom: Caller, room: str, controls: Controls, retry_after: object
) -> None:
    controls.post("faults", match="POST /v1/messages", kind="429", retry_after=retry_after)
    answer = bot.call("POST", "messages", json={"roomId": room, "text": "x"})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == str(retry_after)
    tom.post("messages", roomId=room, text="people are not disturbed")
    bot.get("people/me")
    controls.delete("faults")
    bot.post("messages", roomId=room, text="over")


@pytest.mark.parametrize("kind", ["401", "403", "404", "423", "500", "502", "503", "504"])
def test_refused_calls_have_no_effect(
    bot: Caller, tom: Caller, room: str, controls: Controls, kind: str
) -> None:
    controls.post("faults", match="*", kind=kind, times=1)
    assert bot.refused("POST", "messages", roomId=room, text="x")[0] == int(kind)
    assert tom.get("messages", roomId=room)["items"] == []
    bot.post("messages", roomId=room, text="x")


def test_a_call_whose_response_is_lost_takes_effect(
    bot: Caller, tom: Caller, room: str, controls: Controls
) -> None:
    controls.post("faults", match="POST /v1/messages", kind="lost", times=1)
    with pytest.raises(requests.ConnectionError):
        bot.post("messages", roomId=room, text="did it arrive?")
    assert len(tom.get("messages", roomId=room)["items"]) == 1
    bot.post("messages", roomId=room, text="again")


def test_a_hanging_call_is_answered_late_and_has_no_effect(
    bot: Caller, tom: Caller, room: str, controls: Controls
) -> None:
    controls.post("faults", kind="hang", delay=0.2, room=room, times=1)
    bot.post("messages", toPersonId=tom.id, text="another room")
    began = time.monotonic()
    assert bot.refused("POST", "messages", roomId=room, text="x")[0] == 502
    assert time.monotonic() - began >= 0.2
    assert tom.get("messages", roomId=room)["items"] == []


def test_a_hanging_call_to_a_person_matches_their_room(
    bot: Caller, tom: Caller, controls: Controls
) -> None:
    room = bot.post("messages", toPersonId=tom.id, text="hello")["roomId"]
    controls.post("faults", kind="hang", delay=0.01, room=room)
    assert bot.refused("POST", "messages", toPersonEmail=tom.email, text="x")[0] == 502


def test_callers_who_give_up_free_the_sandbox(
    bot: Caller, tom: Caller, room: str, controls: Controls
) -> None:
    controls.post("faults", match="GET /v1/people", kind="hang", delay=60)
    for _ in range(12):  # each leaves a hanging call behind
        with pytest.raises(requests.ReadTimeout):
            requests.get(f"{bot.url}/v1/people/me", headers=bot.headers, timeout=0.02)
    began = time.monotonic()
    tom.post("messages", roomId=room, text="still there?")
    assert time.monotonic() - began < 5


def test_latency_faults_delay_the_answer(bot: Caller, room: str, controls: Controls) -> None:
    controls.post("faults", kind="latency", delay=0.15)
    controls.post("faults", kind="500", match="GET /v1/people", times=1)
    began = time.monotonic()
    bot.post("messages", roomId=room, text="x")
    assert bot.refused("GET", "people/me")[0] == 500
    assert time.monotonic() - began >= 0.3


def test_a_bucket_lets_its_rate_through(bot: Caller, room: str, controls: Controls) -> None:
    controls.post("faults", match="POST /v1/messages", kind="bucket", rate=5)
    answers = [bot.call("POST", "messages", json={"roomId": room, "text": "x"}) for _ in range(12)]
    refused = [a for a in answers if a.status_code == 429]
    assert len(refused) in (5, 6, 7)
    assert refused[0].headers["Retry-After"] == "1"


def test_a_share_of_calls_is_chosen_by_seeded_dice(bot: Caller, controls: Controls) -> None:
    def run() -> list[int]:
        controls.delete("faults")
        controls.post("faults", kind="503", share=0.3, seed=7)
        return [bot.call("GET", "people/me").status_code for _ in range(60)]

    first = run()
    assert 8 <= first.count(503) <= 30
    assert run() == first


def test_a_fault_expires(bot: Caller, controls: Controls) -> None:
    controls.post("faults", kind="500", seconds=0.2)
    assert bot.call("GET", "people/me").status_code == 500
    wait_for(lambda: bot.call("GET", "people/me").ok, "the fault did not end", within=3)


def test_a_new_message_is_not_found_for_a_while(
    tom: Caller, bot: Caller, room: str, controls: Controls
) -> None:
    controls.post("faults", kind="404-after-webhook", delay=0.3)
    said = tom.post("messages", roomId=room, markdown=f"{bot.mention} hi")
    assert bot.refused("GET", f"messages/{said['id']}")[0] == 404
    wait_for(lambda: bot.call("GET", f"messages/{said['id']}").ok, "never found", within=3)


def test_an_edit_with_a_card_can_be_refused(bot: Caller, room: str, controls: Controls) -> None:
    message = bot.post("messages", roomId=room, text="0", attachments=[CARD])
    controls.post("faults", kind="edit-card-refused")
    wish = {"roomId": room, "text": "1", "attachments": [CARD]}
    refused = bot.refused("PUT", f"messages/{message['id']}", **wish)
    assert refused[0] == 400
    assert "not currently supported" in refused[1]


def test_unreadable_faults_are_refused(controls: Controls) -> None:
    for wish in (
        {"kind": "earthquake"},
        {"kind": "429", "shares": 1},
        {"kind": "500", "share": 2},
        {"kind": "hang", "delay": "long"},
        {"kind": "500", "times": "often"},
    ):
        answer = controls.session.post(f"{controls.url}/sandbox/faults", json=wish, timeout=10)
        assert answer.status_code == 400, wish
    assert controls.get("faults") == []


def test_an_invalid_call_is_refused_while_faults_are_active(
    bot: Caller, controls: Controls
) -> None:
    controls.post("faults", match="DELETE *", kind="500")
    assert bot.refused("POST", "messages", roomId=["x"], toPersonId={}, text="x")[0] == 400


def test_calls_by_the_bot_are_counted(
    bot: Caller, tom: Caller, room: str, controls: Controls
) -> None:
    tom.post("messages", roomId=room, text="not counted")
    bot.post("messages", roomId=room, text="x")
    bot.refused("GET", f"messages/{room}")
    assert controls.get("requests") == [
        {"method": "GET", "path": "/v1/messages/{id}", "status": 404, "count": 1},
        {"method": "POST", "path": "/v1/messages", "status": 200, "count": 1},
    ]
    controls.delete("requests")
    assert controls.get("requests") == []


def test_webhooks_are_duplicated_delayed_and_dropped(
    tom: Caller, bot: Caller, app: App, controls: Controls, listen: Listen
) -> None:
    listen("messages")

    def say(text: str) -> str:
        return str(tom.post("messages", toPersonId=bot.id, text=text)["id"])

    controls.post("faults", kind="webhook-duplicate", times=1)
    twice = say("twice")
    app.waits_for(2, "messages")
    controls.post("faults", kind="webhook-late", match="messages", delay=0.2, times=1)
    late, early = say("late"), say("early")
    app.waits_for(4, "messages")
    controls.post("faults", kind="webhook-drop", times=1)
    dropped, last = say("dropped"), say("last")
    heard = [e["data"]["id"] for e in app.waits_for(5, "messages")]
    assert heard == [twice, twice, early, late, last]
    assert [d["error"] for d in controls.get("deliveries") if d["dataId"] == dropped] == [
        "dropped by a fault"
    ]


def test_webhooks_are_reordered_and_a_held_one_is_delivered_in_the_end(
    tom: Caller, bot: Caller, app: App, controls: Controls, listen: Listen
) -> None:
    listen("messages")
    controls.post("faults", kind="webhook-reorder", times=1)
    first, second = (tom.post("messages", toPersonId=bot.id, text=t)["id"] for t in "ab")
    assert [e["data"]["id"] for e in app.waits_for(2, "messages")] == [second, first]
    controls.post("faults", kind="webhook-reorder", times=1)
    alone = tom.post("messages", toPersonId=bot.id, text="c")["id"]
    assert app.waits_for(3, "messages")[2]["data"]["id"] == alone


def test_webhooks_come_without_a_signature_or_with_a_wrong_one(
    tom: Caller, bot: Caller, app: App, controls: Controls, listen: Listen
) -> None:
    listen("messages", secret="s")
    controls.post("faults", kind="webhook-unsigned", times=1)
    tom.post("messages", toPersonId=bot.id, text="a")
    app.waits_for(1, "messages")
    assert "X-Spark-Signature" not in app.got[0][1]
    controls.post("faults", kind="webhook-badsign", times=1)
    for text in "bc":
        tom.post("messages", toPersonId=bot.id, text=text)
    app.waits_for(3, "messages")
    bad, good = (hook[1]["X-Spark-Signature"] for hook in app.got[1:])
    assert len(bad) == len(good) == 40
