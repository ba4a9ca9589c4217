"""Messages as in Webex: who sees what, mentions, threads, edits, files, pages."""

import base64
import re

from tests.sandbox.conftest import Caller, Controls

CARD = {
    "contentType": "application/vnd.microsoft.card.adaptive",
    "content": {
        "type": "AdaptiveCard",
        "version": "1.3",
        "body": [{"type": "TextBlock", "text": "Hello"}],
    },
}


def test_a_mention_shows_the_name_in_the_text_and_the_id_in_the_html(
    tom: Caller, bot: Caller, room: str
) -> None:
    said = tom.post("messages", roomId=room, markdown=f"{bot.mention} **start** <b>")
    assert said["text"] == "Trialbot start <b>"
    assert said["mentionedPeople"] == [bot.id]
    assert f'<spark-mention data-object-type="person" data-object-id="{bot.id}">' in said["html"]
    assert "<strong>start</strong> &lt;b&gt;" in said["html"]


def test_nobody_outside_the_room_can_be_mentioned(tom: Caller, clara: Caller, room: str) -> None:
    said = tom.post("messages", roomId=room, markdown=f"{clara.mention} look")
    assert said["text"] == "Clara Bauer look"
    assert "mentionedPeople" not in said
    assert "spark-mention" not in said["html"]


def test_an_escaped_mention_mentions_nobody(tom: Caller, bot: Caller, room: str) -> None:
    said = tom.post("messages", roomId=room, markdown=rf"\<@all> \{bot.mention}")
    assert "mentionedPeople" not in said
    assert "mentionedGroups" not in said


def test_mentioning_all_is_a_group_mention(tom: Caller, room: str) -> None:
    said = tom.post("messages", roomId=room, markdown="<@all> coffee")
    assert said["mentionedGroups"] == ["all"]
    assert said["text"] == "All coffee"


def test_plain_text_is_not_read_as_markdown(tom: Caller, room: str) -> None:
    said = tom.post("messages", roomId=room, text="<@all> **no**")
    assert said["text"] == "<@all> **no**"
    assert "html" not in said
    assert "mentionedGroups" not in said


def test_in_a_group_a_bot_sees_only_messages_that_mention_it(
    tom: Caller, bot: Caller, room: str
) -> None:
    unseen = tom.post("messages", roomId=room, text="between us")
    seen = tom.post("messages", roomId=room, markdown=f"{bot.mention} help")
    assert bot.refused("GET", f"messages/{unseen['id']}")[0] == 404
    assert bot.get(f"messages/{seen['id']}")["text"] == "Trialbot help"
    assert bot.refused("GET", f"messages?roomId={room}")[0] == 403
    listed = bot.get("messages", roomId=room, mentionedPeople="me")["items"]
    assert [m["id"] for m in listed] == [seen["id"]]


def test_a_bot_sees_everything_in_a_direct_room(clara: Caller, bot: Caller) -> None:
    said = clara.post("messages", toPersonId=bot.id, text="hi")
    assert said["roomType"] == "direct"
    assert bot.get("messages", roomId=said["roomId"])["items"][0]["text"] == "hi"
    direct = bot.get("messages/direct", personEmail=clara.email)["items"]
    assert [m["id"] for m in direct] == [said["id"]]


def test_a_direct_room_is_created_once_and_named_after_the_other_person(
    clara: Caller, bot: Caller
) -> None:
    first = bot.post("messages", toPersonEmail=clara.email, text="one")
    second = clara.post("messages", toPersonId=bot.id, text="two")
    assert first["roomId"] == second["roomId"]
    assert clara.get(f"rooms/{first['roomId']}")["title"] == "Trialbot"
    assert bot.get(f"rooms/{first['roomId']}")["title"] == clara.about["name"]


def test_a_message_needs_exactly_one_known_destination(
    bot: Caller, clara: Caller, room: str
) -> None:
    exactly_one = (
        400,
        "Exactly one of the destination fields must not be empty"
        " (roomId, toPersonEmail, toPersonId)",
    )
    assert bot.refused("POST", "messages", text="x") == exactly_one
    both = bot.refused("POST", "messages", text="x", roomId=room, toPersonId=clara.id)
    assert both == exactly_one
    assert bot.refused("POST", "messages", text="x", toPersonEmail="no@body.example")[0] == 404
    assert bot.refused("POST", "messages", text="x", roomId="nonsense") == (
        400,
        "Expect base64 ID or UUID.",
    )


def test_people_outside_a_room_cannot_find_it(outsider: Caller, room: str) -> None:
    gone = (404, "Could not find a room with provided ID.")
    assert outsider.refused("POST", "messages", roomId=room, text="x") == gone
    assert outsider.refused("GET", f"messages?roomId={room}") == gone


def test_a_reply_needs_a_root_message_in_the_same_room(tom: Caller, bot: Caller, room: str) -> None:
    root = tom.post("messages", roomId=room, text="root")
    reply = bot.post("messages", roomId=room, parentId=root["id"], text="reply")
    assert reply["parentId"] == root["id"]
    nested = bot.refused("POST", "messages", roomId=room, parentId=reply["id"], text="x")
    elsewhere = bot.refused("POST", "messages", toPersonId=tom.id, parentId=root["id"], text="x")
    assert (nested[0], elsewhere[0]) == (400, 400)
    thread = tom.get("messages", roomId=room, parentId=root["id"])["items"]
    assert [m["id"] for m in thread] == [reply["id"]]


def test_a_text_may_have_7439_bytes(tom: Caller, room: str) -> None:
    tom.post("messages", roomId=room, text="x" * 7439)
    assert tom.refused("POST", "messages", roomId=room, text="é" * 3720)[0] == 400
    assert tom.refused("POST", "messages", roomId=room, markdown="x" * 7440)[0] == 400


def test_a_message_needs_text_even_with_a_card(bot: Caller, room: str) -> None:
    empty = (400, "Both text and file cannot be empty.")
    assert bot.refused("POST", "messages", roomId=room) == empty
    assert bot.refused("POST", "messages", roomId=room, attachments=[CARD]) == empty


def test_the_author_can_edit_a_message_ten_times(bot: Caller, tom: Caller, room: str) -> None:
    message = bot.post("messages", roomId=room, text="0", attachments=[CARD])
    path = f"messages/{message['id']}"
    assert tom.refused("PUT", path, roomId=room, text="mine")[0] == 403
    for edit in range(1, 11):
        edited = bot.put(path, roomId=room, text=str(edit), attachments=[CARD])
    assert edited["text"] == "10"
    assert edited["updated"] >= edited["created"]
    assert bot.refused("PUT", path, roomId=room, text="11", attachments=[CARD])[0] == 400


def test_a_card_cannot_be_edited_into_plain_text(bot: Caller, room: str) -> None:
    message = bot.post("messages", roomId=room, text="0", attachments=[CARD])
    refused = bot.refused("PUT", f"messages/{message['id']}", roomId=room, text="1")
    assert refused[0] == 400
    assert "not currently supported" in refused[1]


def test_only_the_author_can_delete_a_message(bot: Caller, tom: Caller, room: str) -> None:
    message = bot.post("messages", roomId=room, text="oops")
    assert tom.refused("DELETE", f"messages/{message['id']}")[0] == 403
    bot.delete(f"messages/{message['id']}")
    assert bot.refused("DELETE", f"messages/{message['id']}")[0] == 404


def test_a_file_is_downloaded_as_it_was_sent(
    tom: Caller, nora: Caller, outsider: Caller, room: str
) -> None:
    upload = {"files": ("trials, März.csv", b"code;days\nT-1;30\n", "text/csv")}
    said = tom.call("POST", "messages", data={"roomId": room}, files=upload).json()
    assert "text" not in said
    got = nora.call("GET", said["files"][0])
    assert got.content == upload["files"][1]
    assert got.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in got.headers["Content-Disposition"]
    assert "M%C3%A4rz.csv" in got.headers["Content-Disposition"]
    assert outsider.call("GET", said["files"][0]).status_code == 404


def test_a_bot_uploads_one_file_with_a_message_and_people_several(
    tom: Caller, bot: Caller, room: str
) -> None:
    two = [("files", ("a.txt", b"a")), ("files", ("b.txt", b"b"))]
    answer = bot.call("POST", "messages", data={"roomId": room}, files=two)
    assert answer.status_code == 400
    answer = tom.call("POST", "messages", data={"roomId": room}, files=two)
    assert len(answer.json()["files"]) == 2
    by_url = tom.refused("POST", "messages", roomId=room, files=["https://files.example/x"])
    assert by_url[0] == 400


def test_pages_list_all_messages_newest_first(tom: Caller, room: str) -> None:
    sent = [tom.post("messages", roomId=room, text=str(n))["id"] for n in range(7)]
    seen, address = [], f"messages?roomId={room}&max=3"
    while address:
        answer = tom.call("GET", address)
        seen += [m["id"] for m in answer.json()["items"]]
        link = re.fullmatch(r'<(http[^>]+)>; rel="next"', answer.headers.get("Link", ""))
        address = link[1] if link else ""
    assert seen == sent[::-1]


def test_before_filters_by_time(tom: Caller, controls: Controls, room: str) -> None:
    controls.post("clock", now="2027-01-01T09:00:00.000Z")
    old = tom.post("messages", roomId=room, text="old")
    controls.post("clock", now="2027-01-02T09:00:00.000Z")
    tom.post("messages", roomId=room, text="new")
    found = tom.get("messages", roomId=room, before="2027-01-02T00:00:00.000Z")["items"]
    assert [m["id"] for m in found] == [old["id"]]
    assert old["created"].startswith("2027-01-01T09:00:0")


def test_ids_are_unpadded_and_from_more_than_one_cluster(controls: Controls, bot: Caller) -> None:
    rooms = [controls.room("partner-space"), controls.room("other-partner-space")]
    assert not any("=" in room for room in rooms)
    decoded = [base64.urlsafe_b64decode(r + "=" * (-len(r) % 4)).decode() for r in rooms]
    assert decoded[0].startswith("ciscospark://us/ROOM/")
    assert decoded[1].startswith("ciscospark://urn:TEAM:us-west-2_r/ROOM/")
    message = bot.post("messages", roomId=rooms[1], text="x")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", message["created"])


def test_unreadable_requests_are_refused(bot: Caller, room: str) -> None:
    wrong_type = bot.call("POST", "messages", data="roomId=x")
    assert wrong_type.status_code == 415
    assert bot.refused("POST", "messages", roomId=room, text=5)[0] == 400
    assert bot.refused("POST", "messages", roomId=room, text="\ud83d")[0] == 400
    assert bot.refused("GET", "nothing/here")[0] == 404
    assert bot.refused("PATCH", "messages", text="x")[0] == 405


def test_an_unknown_token_is_refused(bot: Caller) -> None:
    stranger = Caller(bot.url, bot.about | {"token": "no"}, bot.session)
    status, message = stranger.refused("GET", "people/me")
    assert status == 401
    assert "valid access token" in message
