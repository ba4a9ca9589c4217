"""An import of 10,000 trials by chat, while somebody goes on asking."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import requests
from sqlmodel import col, select

from bot.clock import ticks
from store.tables import Flag
from tests.bench.due import somebody
from tests.bench.figures import Figure
from tests.bench.replies import Place, emptied, places
from tests.bench.rig import Rig, answered, by_turns, replies, rig, wait_for
from tests.bench.stock import today

ROWS = 10_000
ROOMS, TRIALS = 20, 300
EVERY = 0.5
"""Seconds between two questions."""

TOLD = "10,000 trials imported"


def importing() -> Iterator[Figure]:
    """Seconds until all is written, the slowest answer until its reminders are planned, memory."""
    with places() as (sqlite, postgres, _):
        for place in (sqlite, postgres):
            for of, found in by_turns(partial(_run, place)):
                where = f"{place.name}, {ROWS:,} rows{of}"
                took, slowest, planned, memory = zip(*found, strict=True)
                yield Figure("a file into trials", where, took, "s", "≤ 30 s")
                yield Figure("until every reminder is planned", where, planned, "s")
                yield Figure("slowest answer meanwhile", where, slowest, "s", "≤ 3 s")
                yield Figure("memory", where, memory, "MB", "≤ 200 MB")


def _run(place: Place) -> tuple[float, float, float, float]:
    with emptied(place) as url, rig(url) as webex:
        webex.make_rooms(ROOMS, TRIALS)
        webex.start_bot(*place.commands)
        began = ticks()
        with somebody(webex, webex.codes, EVERY) as asked:
            _send(webex)
            _press(webex, _seen(webex, "Import 10,000 trials"))
            _seen(webex, TOLD)
            took = ticks() - began
            wait_for(lambda: _is_planned(webex), "the reminders were never planned", 300)
            planned = ticks() - began
        answered(webex)
        return took, max(replies(webex, set(asked))), planned, webex.memory()


def _file() -> bytes:
    rows = (
        f"Customer {n},admin{n}@import{n}.example,Bulgaria,{today()},30,Messaging; Calling"
        for n in range(ROWS)
    )
    head = "Customer,Administrator e-mail,Country,First day,Duration (days),Services"
    return "\n".join([head, *rows]).encode()


def _call(webex: Rig, method: str, path: str, **request: Any) -> Any:
    headers = {"Authorization": f"Bearer {webex.nora['token']}"}
    answer = requests.request(
        method, f"{webex.url}/v1/{path}", headers=headers, timeout=60, **request
    )
    assert answer.ok, answer.text
    return answer.json()


def _send(webex: Rig) -> None:
    bot = webex.cast["bot"]
    said = f"<@personId:{bot['personId']}|{bot['name']}> import"
    body = {"roomId": webex.rooms[0], "markdown": said}
    _call(webex, "POST", "messages", data=body, files={"files": ("t.csv", _file(), "text/csv")})


def _seen(webex: Rig, words: str) -> dict[str, Any]:
    """The message with these words, or with a button of this title."""
    found: list[dict[str, Any]] = []

    def look() -> bool:
        params = {"roomId": webex.rooms[0], "max": 20}
        items = _call(webex, "GET", "messages", params=params)["items"]
        found.extend(each for each in items if words in str(each))
        return bool(found)

    wait_for(look, f"nobody said {words}", 120)
    return found[0]


def _press(webex: Rig, message: dict[str, Any]) -> None:
    [inputs] = [
        action["data"]
        for action in message["attachments"][0]["content"]["actions"]
        if action["data"]["form"] == "import.confirm"
    ]
    body = {"type": "submit", "messageId": message["id"], "inputs": inputs}
    _call(webex, "POST", "attachment/actions", json=body)


def _is_planned(webex: Rig) -> bool:
    """Whether no space waits to be replanned."""
    with webex._watcher.reading() as session:
        waiting = select(Flag).where(col(Flag.name).startswith("replan/"))
        return session.exec(waiting).first() is None
