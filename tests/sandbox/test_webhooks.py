"""Webhooks: which events are sent to whom, how they are signed, and when Webex gives up."""

import hashlib
import hmac
from collections.abc import Callable, Iterator

import pytest

from sandbox.server import Sandbox
from tests.people import wait_for
from tests.sandbox.conftest import App, Caller, Controls, Json
from tests.sandbox.test_messages import CARD

Listen = Callable[..., Json]


def test_a_delivery_is_signed_over_its_raw_body(
    tom: Caller, bot: Caller, room: str, app: App, listen: Listen
) -> None:
    webhook = listen("messages", secret="sé cret")
    said = tom.post("messages", roomId=room, markdown=f"{bot.mention} hi")
    app.waits_for(1, "messages")
    body, headers, raw = app.got[0]
    key = "sé cret".encode()
    assert headers["X-Spark-Signature"] == hmac.new(key, raw, hashlib.sha1).hexdigest()
    sha256, sha512 = (hmac.new(key, raw, a).hexdigest() for a in (hashlib.sha256, hashlib.sha512))
    assert headers["X-Webex-Signature"] == f"SHA-256={sha256}, SHA-512={sha512}"
    assert body["id"] == webhook["id"]
    assert (body["actorId"], body["createdBy"], body["orgId"]) == (
        tom.id,
        bot.id,
        bot.about["orgId"],
    )
    assert body["data"]["id"] == said["id"]
    assert not {"text", "html", "markdown"} & set(body["data"])
    assert "secret" not in body


def test_a_webhook_without_secret_is_not_signed(
    tom: Caller, bot: Caller, room: str, app: App, listen: Listen
) -> None:
    listen("messages")
    tom.post("messages", roomId=room, markdown=f"{bot.mention} hi")
    app.waits_for(1, "messages")
    assert "X-Spark-Signature" not in app.got[0][1]


def test_a_bot_gets_mentions_direct_messages_and_its_own_messages(
    tom: Caller, bot: Caller, room: str, app: App, listen: Listen
) -> None:
    listen("messages")
    tom.post("messages", roomId=room, text="not for the bot")
    wanted = {
        tom.post("messages", roomId=room, markdown=f"{bot.mention} hi")["id"],
        tom.post("messages", toPersonId=bot.id, text="psst")["id"],
        bot.post("messages", roomId=room, text="mine")["id"],
    }
    assert {e["data"]["id"] for e in app.waits_for(3, "messages")} == wanted


def test_a_press_is_delivered_without_its_inputs(
    tom: Caller, nora: Caller, bot: Caller, room: str, app: App, listen: Listen
) -> None:
    listen("attachmentActions")
    card = bot.post("messages", roomId=room, text="card", attachments=[CARD])["id"]
    inputs = {"any": ["thing", {"goes": None}, 2**70]}
    press = nora.post("attachment/actions", type="submit", messageId=card, inputs=inputs)
    event = app.waits_for(1, "attachmentActions")[0]
    assert event["data"] == {k: v for k, v in press.items() if k != "inputs"}
    assert event["data"]["type"] == "submit"
    assert bot.get(f"attachment/actions/{press['id']}")["inputs"] == inputs
    assert tom.refused("GET", f"attachment/actions/{press['id']}")[0] == 404


def test_presses_by_the_author_by_outsiders_and_on_plain_messages_are_refused(
    tom: Caller, bot: Caller, outsider: Caller, room: str
) -> None:
    card = bot.post("messages", roomId=room, text="card", attachments=[CARD])["id"]
    plain = bot.post("messages", roomId=room, text="plain")["id"]

    def press(who: Caller, message: str) -> tuple[int, str]:
        wish = {"type": "submit", "messageId": message, "inputs": {}}
        return who.refused("POST", "attachment/actions", **wish)

    start = "Unable to post attachment action: "
    own = f'{start}"Author of a card cannot submit a cardAction on that card"'
    assert press(bot, card) == (400, own)
    no_card = f'{start}"MessageId should point to an activity with cards"'
    assert press(tom, plain) == (400, no_card)
    assert press(outsider, card)[0] == 404


def test_filters_are_combined(
    tom: Caller, bot: Caller, controls: Controls, app: App, listen: Listen
) -> None:
    room = controls.room()
    listen("messages", filter=f"roomId={room}&mentionedPeople=me")
    tom.post("messages", toPersonId=bot.id, text="other room")
    bot.post("messages", roomId=room, text="no mention")
    wanted = tom.post("messages", roomId=room, markdown=f"{bot.mention} this one")["id"]
    assert [e["data"]["id"] for e in app.waits_for(1, "messages")] == [wanted]


def test_invalid_filters_events_and_addresses_are_refused(
    bot: Caller, outsider: Caller, app: App, room: str
) -> None:
    def wish(**more: str) -> Json:
        return {"name": "x", "targetUrl": app.url, "resource": "messages", "event": "all"} | more

    strange = outsider.refused("POST", "webhooks", **wish(filter=f"roomId={room}"))
    assert strange == (400, "invalid value for filter: roomId")
    assert bot.refused("POST", "webhooks", **wish(filter="color=red"))[0] == 400
    assert bot.refused("POST", "webhooks", **wish(event="migrated"))[0] == 400
    assert bot.refused("POST", "webhooks", **wish(targetUrl="ftp://x.example"))[0] == 400
    assert bot.refused("POST", "webhooks", name="x")[0] == 400


def test_the_firehose_excludes_presses(
    tom: Caller, bot: Caller, room: str, app: App, listen: Listen
) -> None:
    listen("all", "all")
    card = bot.post("messages", roomId=room, text="card", attachments=[CARD])["id"]
    tom.post("attachment/actions", type="submit", messageId=card, inputs={})
    bot.delete(f"messages/{card}")
    app.waits_for(1, "messages", "deleted")
    assert [(b["resource"], b["event"]) for b, _, _ in app.got] == [
        ("messages", "created"),
        ("messages", "deleted"),
    ]


def test_only_the_name_address_secret_and_status_can_change(bot: Caller, listen: Listen) -> None:
    webhook = listen("messages")
    path = f"webhooks/{webhook['id']}"
    changed = bot.put(path, name="n", targetUrl="http://127.0.0.1:9/x", event="deleted")
    assert (changed["name"], changed["event"]) == ("n", "created")
    off = {"name": "n", "targetUrl": "http://127.0.0.1:9/x", "status": "inactive"}
    assert bot.refused("PUT", path, **off)[0] == 400
    bot.delete(path)
    assert bot.refused("GET", path)[0] == 404


def test_webhooks_are_visible_to_their_owner_only(bot: Caller, tom: Caller, listen: Listen) -> None:
    webhook = listen("messages")
    assert tom.refused("GET", f"webhooks/{webhook['id']}")[0] == 404
    assert tom.get("webhooks")["items"] == []
    assert bot.get("webhooks")["items"] == [webhook]


def test_events_of_a_room_arrive_in_order(
    tom: Caller, bot: Caller, app: App, listen: Listen
) -> None:
    listen("messages")
    sent = [tom.post("messages", toPersonId=bot.id, text=str(n))["id"] for n in range(30)]
    assert [e["data"]["id"] for e in app.waits_for(30, "messages")] == sent


def test_a_slow_room_does_not_delay_the_others(
    tom: Caller, nora: Caller, bot: Caller, app: App, listen: Listen
) -> None:
    app.held = tom.post("messages", toPersonId=bot.id, text="before")["roomId"]
    listen("messages")
    stuck = tom.post("messages", toPersonId=bot.id, text="stuck")["id"]
    free = nora.post("messages", toPersonId=bot.id, text="free")["id"]
    assert [e["data"]["id"] for e in app.waits_for(1, "messages")] == [free]
    app.gate.set()
    assert [e["data"]["id"] for e in app.waits_for(2, "messages")] == [free, stuck]


def test_a_delivery_to_a_target_that_never_answers_times_out(
    tom: Caller, bot: Caller, app: App, controls: Controls, listen: Listen
) -> None:
    app.held = tom.post("messages", toPersonId=bot.id, text="before")["roomId"]
    listen("messages")
    tom.post("messages", toPersonId=bot.id, text="stuck")
    log = wait_for(lambda: controls.get("deliveries"), "no delivery was given up")
    assert (log[0]["status"], log[0]["error"]) == (None, "timed out")


@pytest.fixture
def brittle(controls: Controls) -> Iterator[Sandbox]:
    with Sandbox(hook_threads=2, hook_limit=3, hook_window=60) as running:
        yield running


def test_many_failures_disable_a_webhook_and_a_revived_one_is_on_probation(
    brittle: Sandbox, people: dict[str, Caller], app: App
) -> None:
    tom, bot = (
        Caller(brittle.url, people[r].about, people[r].session) for r in ("outsider", "bot")
    )
    wish = {"name": "x", "targetUrl": app.url, "resource": "messages", "event": "created"}
    webhook = bot.post("webhooks", **wish)
    path = f"webhooks/{webhook['id']}"

    def status_is(status: str) -> None:
        wait_for(lambda: bot.get(path)["status"] == status, f"never {status}")

    app.status = 503
    for n in range(5):
        tom.post("messages", toPersonId=bot.id, text=str(n))
    status_is("inactive")
    assert len(app.got) == 3
    revived = bot.put(path, name="x", targetUrl=app.url, status="active")
    assert revived["status"] == "active"
    tom.post("messages", toPersonId=bot.id, text="once more")
    status_is("inactive")
    assert len(app.got) == 4
    app.status = 200
    bot.put(path, name="x", targetUrl=app.url, status="active")
    tom.post("messages", toPersonId=bot.id, text="well again")
    app.waits_for(5, "messages")
    assert bot.get(path)["status"] == "active"


def test_deliveries_are_logged_and_not_retried(
    tom: Caller, bot: Caller, app: App, controls: Controls, listen: Listen
) -> None:
    webhook = listen("messages")
    app.status = 500
    said = tom.post("messages", toPersonId=bot.id, text="x")
    dead = {"name": "dead", "targetUrl": "http://127.0.0.1:9/", "status": "active"}
    app.waits_for(1, "messages")
    bot.put(f"webhooks/{webhook['id']}", **dead)
    tom.post("messages", toPersonId=bot.id, text="y")
    log = wait_for(lambda: len(found := controls.get("deliveries")) == 2 and found, "no log")
    assert log[0] | {"time": "", "milliseconds": 0} == {
        "time": "",
        "webhookId": webhook["id"],
        "resource": "messages",
        "event": "created",
        "dataId": said["id"],
        "targetUrl": app.url,
        "status": 500,
        "error": None,
        "milliseconds": 0,
    }
    assert log[1]["status"] is None
    assert "refused" in log[1]["error"]
    assert len(app.got) == 1


def test_an_invalid_address_is_logged_and_the_next_delivery_goes_out(
    tom: Caller, bot: Caller, app: App, controls: Controls, listen: Listen
) -> None:
    webhook = listen("messages")
    path = f"webhooks/{webhook['id']}"
    bot.put(path, name="x", targetUrl="http://127.0.0.1:port/", status="active")
    tom.post("messages", toPersonId=bot.id, text="x")
    log = wait_for(lambda: controls.get("deliveries"), "no log")
    assert log[0]["status"] is None
    assert "not a valid host or port" in log[0]["error"]
    bot.put(path, name="x", targetUrl=app.url, status="active")
    tom.post("messages", toPersonId=bot.id, text="y")
    app.waits_for(1, "messages")
