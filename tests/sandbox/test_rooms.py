"""Who lives in the sandbox, which rooms exist, and who joins and leaves."""

from collections.abc import Callable

from sandbox.server import Sandbox
from tests.sandbox.conftest import App, Caller, Controls, Json

ROLES = [
    "partner-full-admin",
    "partner-admin",
    "partner-admin-2",
    "partner-read-only",
    "customer-full-admin",
    "customer-full-admin-2",
    "customer-admin",
    "customer-user",
    "other-partner-full-admin",
    "outsider",
    "bot",
    "other-bot",
]
CONSUMER = "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi9jb25zdW1lcg"


def test_the_cast_is_the_same_on_every_start(controls: Controls) -> None:
    first = controls.get("people")
    assert [p["role"] for p in first] == ROLES
    with Sandbox(hook_threads=1) as another:
        again = controls.session.get(f"{another.url}/sandbox/people", timeout=10).json()
        rooms = controls.session.get(f"{another.url}/sandbox/rooms", timeout=10).json()
    assert again == first
    assert rooms == controls.get("rooms")
    assert next(p["orgId"] for p in first if p["role"] == "outsider") == CONSUMER


def test_the_sandbox_starts_with_two_spaces(controls: Controls, people: dict[str, Caller]) -> None:
    rooms = {r["role"]: r for r in controls.get("rooms")}
    partner = [*ROLES[:4], "bot"]
    assert rooms["partner-space"]["members"] == [people[role].id for role in partner]
    other = ["other-partner-full-admin", "bot"]
    assert rooms["other-partner-space"]["members"] == [people[role].id for role in other]


def test_a_bot_sees_no_roles_and_cannot_search_by_address(bot: Caller, tom: Caller) -> None:
    me = bot.get("people/me")
    assert (me["type"], me["displayName"], me["emails"]) == (
        "bot",
        "Trialbot",
        ["trialbot@webex.bot"],
    )
    assert bot.get(f"people/{tom.id}")["emails"] == [tom.email]
    assert not {"roles", "licenses"} & set(bot.get(f"people/{tom.id}"))
    assert bot.get("people", email=tom.email)["items"] == []
    assert bot.get("people", id=f"{tom.id},{bot.id}")["items"][0]["displayName"] == "Tom Okafor"
    assert bot.refused("GET", "people") == (
        400,
        "Email, displayName, or id list should be specified.",
    )


def test_a_colleague_is_found_by_address_and_name(tom: Caller, nora: Caller) -> None:
    assert tom.get("people", email=nora.email)["items"][0]["id"] == nora.id
    assert tom.get("people", displayName="nor")["items"][0]["id"] == nora.id


def test_a_room_can_be_created_renamed_and_deleted(
    tom: Caller, bot: Caller, outsider: Caller
) -> None:
    assert tom.refused("POST", "rooms", title=" ") == (400, "Title cannot be empty.")
    room = tom.post("rooms", title="War room")
    assert tom.put(f"rooms/{room['id']}", title="Peace room")["title"] == "Peace room"
    tom.post("memberships", roomId=room["id"], personEmail="trialbot@webex.bot")
    assert [r["id"] for r in bot.get("rooms", max=1)["items"]] == [room["id"]]
    assert outsider.refused("GET", f"rooms/{room['id']}")[0] == 404
    tom.delete(f"rooms/{room['id']}")
    gone = bot.refused("POST", "messages", roomId=room["id"], text="anybody?")
    assert gone == (404, "Could not find a room with provided ID.")


def test_members_can_be_added_to_a_room_once_and_by_members_only(
    tom: Caller, clara: Caller, outsider: Caller, room: str
) -> None:
    added = tom.post("memberships", roomId=room, personId=clara.id)
    assert added["personOrgId"] == clara.about["orgId"]
    twice = tom.refused("POST", "memberships", roomId=room, personId=clara.id)
    assert twice == (409, "Person is already in the room.")
    by_stranger = outsider.refused("POST", "memberships", roomId=room, personId=outsider.id)
    assert by_stranger == (502, "Add participant failed.")
    unknown = tom.refused("POST", "memberships", roomId=room, personEmail="no@body.example")
    assert unknown[0] == 404


def test_a_membership_keeps_its_id_when_the_person_returns(
    tom: Caller, clara: Caller, room: str, controls: Controls
) -> None:
    first = tom.post("memberships", roomId=room, personId=clara.id)
    tom.delete(f"memberships/{first['id']}")
    assert clara.refused("GET", f"rooms/{room}")[0] == 404
    controls.post("clock", now="2030-01-01T00:00:00.000Z")
    again = tom.post("memberships", roomId=room, personId=clara.id)
    assert again["id"] == first["id"]
    assert again["created"] > first["created"]


def test_memberships_are_listed_by_room_and_person(bot: Caller, tom: Caller, room: str) -> None:
    assert len(bot.get("memberships", roomId=room)["items"]) == 5
    one = bot.get("memberships", roomId=room, personId=tom.id)["items"]
    assert [m["personEmail"] for m in one] == [tom.email]
    assert len(bot.get("memberships")["items"]) == 2
    assert bot.get(f"memberships/{one[0]['id']}") == one[0]


def test_joining_and_leaving_trigger_webhooks(
    tom: Caller, bot: Caller, app: App, listen: Callable[..., Json]
) -> None:
    listen("memberships")
    listen("memberships", "deleted")
    room = tom.post("rooms", title="With the bot")["id"]
    membership = tom.post("memberships", roomId=room, personId=bot.id)
    created = app.waits_for(1, "memberships")[0]
    assert created["data"] == membership
    assert created["actorId"] == tom.id
    tom.delete(f"memberships/{membership['id']}")
    deleted = app.waits_for(1, "memberships", "deleted")[0]
    assert deleted["data"]["personId"] == bot.id
    assert bot.refused("GET", f"memberships/{membership['id']}")[0] == 404


def test_a_new_direct_room_triggers_two_membership_webhooks(
    clara: Caller, bot: Caller, app: App, listen: Callable[..., Json]
) -> None:
    listen("memberships")
    clara.post("messages", toPersonEmail="trialbot@webex.bot", text="hello")
    members = {event["data"]["personId"] for event in app.waits_for(2, "memberships")}
    assert members == {clara.id, bot.id}


def test_a_migrated_room_has_a_new_id(
    tom: Caller, bot: Caller, app: App, controls: Controls, listen: Callable[..., Json]
) -> None:
    listen("rooms", "migrated")
    room = controls.room()
    said = tom.post("messages", roomId=room, markdown=f"{bot.mention} hi")
    moved = controls.post(f"rooms/{room}/migrate")["id"]
    assert moved != room
    told = app.waits_for(1, "rooms", "migrated")[0]["data"]
    assert (told["id"], told["migratedFrom"]) == (moved, room)
    assert "title" not in told
    assert bot.refused("GET", f"rooms/{room}")[0] == 404
    assert bot.get(f"messages/{said['id']}")["roomId"] == moved
    assert bot.post("messages", roomId=moved, text="found you")["roomId"] == moved
    assert bot.get("memberships", roomId=moved)["items"][0]["roomId"] == moved


def test_rooms_and_people_can_be_created_in_bulk(
    controls: Controls, bot: Caller, tom: Caller
) -> None:
    person = controls.post("people", name="Max Neu", email="max.neu@quay.example", org="partner")
    assert person["orgId"] == tom.about["orgId"]
    room = controls.post("rooms", title="Bulk", members=[person["personId"]], bot=True)
    assert room["members"] == [person["personId"], bot.id]
    caller = Caller(bot.url, person, bot.session)
    assert caller.post("messages", roomId=room["id"], text="mine")["personId"] == caller.id


def test_reset_restores_the_initial_world(controls: Controls, tom: Caller, bot: Caller) -> None:
    before = controls.get("rooms")
    tom.post("rooms", title="Passing")
    bot.post("webhooks", name="x", targetUrl="http://127.0.0.1:9", resource="rooms", event="all")
    controls.post("clock", now="2031-01-01T00:00:00.000Z")
    controls.post("reset")
    assert controls.get("rooms") == before
    assert bot.get("webhooks")["items"] == []
    assert controls.get("clock")["offset"] == 0


def test_a_change_is_reported_at_once_and_its_absence_after_the_wait(
    controls: Controls, tom: Caller, room: str
) -> None:
    seq = controls.get("changes", wait=0)["seq"]
    assert controls.get("changes", since=seq, wait=0.05)["seq"] == seq
    tom.post("messages", roomId=room, text="news")
    assert controls.get("changes", since=seq, wait=20)["seq"] > seq


def test_a_changed_address_stays_with_the_account(
    controls: Controls, people: dict[str, Caller], bot: Caller
) -> None:
    clara, samir = people["customer-full-admin"], people["customer-full-admin-2"]
    bot.post("messages", toPersonEmail=clara.email, text="before")
    controls.post(f"people/{clara.id}/address", email="clara@new.example")
    assert bot.get(f"people/{clara.id}")["emails"] == ["clara@new.example"]
    assert bot.refused("POST", "messages", toPersonEmail=clara.email, text="x")[0] == 404
    room = clara.get("messages/direct", personId=bot.id)["items"][0]["roomId"]
    assert bot.post("messages", toPersonEmail="clara@new.example", text="x")["roomId"] == room
    url = f"{controls.url}/sandbox/people/{samir.id}/address"
    taken = controls.session.post(url, json={"email": "Clara@new.example"}, timeout=10)
    assert taken.status_code == 409
    new = controls.post("people", name="Clara Bauer", email=clara.email, org="customer")
    assert new["personId"] != clara.id
    controls.post(f"people/{new['personId']}/address", email="another@meadow.example")
    controls.post(f"people/{samir.id}/address", email=clara.email)
    assert bot.post("messages", toPersonEmail=clara.email, text="x")["roomId"] != room


def test_an_account_made_anew_has_the_address_and_another_id(
    controls: Controls, people: dict[str, Caller], bot: Caller
) -> None:
    tom, room = people["partner-admin"], controls.room()
    new = controls.post(f"people/{tom.id}/account")
    about = ("name", "email", "orgId", "role")
    assert {key: new[key] for key in about} == {key: tom.about[key] for key in about}
    assert new["personId"] != tom.id
    assert tom.call("GET", "people/me").status_code == 401
    assert bot.refused("GET", f"people/{tom.id}")[0] == 404
    members = bot.get("memberships", roomId=room)["items"]
    assert not {tom.id, new["personId"]} & {each["personId"] for each in members}
    again = Caller(tom.url, new, tom.session)
    assert again.get("people/me")["id"] == new["personId"]
    bot.post("memberships", roomId=room, personEmail=tom.email)
    assert again.get(f"rooms/{room}")["id"] == room
    elsewhere = controls.post(f"people/{new['personId']}/account", org="customer")
    assert (elsewhere["email"], elsewhere["orgId"] != tom.about["orgId"]) == (tom.email, True)


def test_changed_people_are_as_before_after_a_reset(
    controls: Controls, people: dict[str, Caller]
) -> None:
    before = controls.get("people")
    controls.post(f"people/{people['outsider'].id}/address", email="jo@new.example")
    controls.post(f"people/{people['partner-admin'].id}/account")
    assert controls.get("people") != before
    controls.post("reset")
    assert controls.get("people") == before
