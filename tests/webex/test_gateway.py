"""The gateway against a whole Webex: lists of many pages, and files in both directions."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from bot.failures import Undeliverable
from bot.observe import Metrics
from bot.webex.beyond_sdk import FILE_LIMIT
from bot.webex.gateway import Gateway, Post
from sandbox.server import Sandbox

Json = dict[str, Any]


@pytest.fixture(params=[False, True], ids=["plain", "packed"])
def webex(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(host="localhost", packed=request.param) as running:
        yield running


@pytest.fixture
def gateway(webex: Sandbox) -> Gateway:
    return Gateway(somebody(webex, "bot").token, f"{webex.url}/v1/", Metrics())


def somebody(webex: Sandbox, role: str) -> Any:
    return next(person for person in webex.world.people.values() if person.role == role)


def tom_says(webex: Sandbox, **request: Any) -> Json:
    headers = {"Authorization": f"Bearer {somebody(webex, 'partner-admin').token}"}
    url = f"{webex.url}/v1/messages"
    answer = requests.post(url, headers=headers, timeout=30, **request)
    assert answer.ok, answer.text
    said: Json = answer.json()
    return said


def test_mentions_are_listed_to_the_last_page_or_up_to_a_given_message(
    webex: Sandbox, gateway: Gateway
) -> None:
    bot = somebody(webex, "bot")
    [room] = [room for room in gateway.rooms(lambda room: True) if "Harbour" in room["title"]]
    mention = {"roomId": room["id"], "markdown": f"<@personId:{bot.id}|{bot.name}> hi"}
    said = [tom_says(webex, json=mention)["id"] for _ in range(120)]
    listed = gateway.mentions(room["id"], lambda message: True, direct=False)
    assert [message["id"] for message in listed] == said[::-1]
    few = gateway.mentions(room["id"], lambda message: message["id"] != said[60], direct=False)
    assert [message["id"] for message in few] == said[:60:-1]


def test_a_file_is_posted_with_its_name_and_fetched_unchanged(
    webex: Sandbox, gateway: Gateway
) -> None:
    to = {"toPersonId": somebody(webex, "partner-admin").id}
    content = "Дни".encode() * 1000
    thread = gateway.post(Post(to, "Here"))["id"]
    posted = gateway.post(Post(to, "Days", thread=thread, file=("T-7K3Q.ics", content, "")))
    sent = gateway.message(posted["id"])
    assert (sent["text"], sent["parentId"]) == ("Days", thread)
    assert gateway.file(sent["files"][0]) == ("T-7K3Q.ics", content)


@pytest.mark.parametrize(("size", "status"), [(FILE_LIMIT, None), (FILE_LIMIT + 1, 413)])
def test_a_file_may_be_as_large_as_the_limit_and_no_larger(
    webex: Sandbox, gateway: Gateway, size: int, status: int | None
) -> None:
    file = ("list.csv", b"x" * size, "text/csv")
    to = {"toPersonId": somebody(webex, "bot").id}
    sent = tom_says(webex, data=to, files={"files": file})
    if status is None:
        assert gateway.file(sent["files"][0]) == ("list.csv", b"x" * size)
        return
    with pytest.raises(Undeliverable) as never:
        gateway.file(sent["files"][0])
    assert never.value.status == status


@pytest.mark.parametrize("address", ["http://localhost:9/v1/contents/x", "{0}/v1/contents/x"])
def test_a_missing_or_foreign_file_is_never_fetched(
    webex: Sandbox, gateway: Gateway, address: str
) -> None:
    with pytest.raises(Undeliverable):
        gateway.file(address.format(webex.url))
