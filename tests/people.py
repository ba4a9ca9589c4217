"""People who talk to the bot: tests read as what they say, see, fill in and press.

They use only Webex's API (`/v1`, with their own tokens), as the sandbox's page does.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import requests

PATIENCE = 15.0


T = TypeVar("T")

Attachment = tuple[str, bytes, str]
"""A file of a message: its name, content and type."""


def wait_for(what: Callable[[], T | None], why: str, within: float = PATIENCE) -> T:
    """Poll until there is an answer; fail with `why` after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(why)
        time.sleep(0.02)


@dataclass
class Person:
    """Somebody in the sandbox, in a space or one to one with the bot."""

    url: str
    about: dict[str, str]
    bot: dict[str, str]
    room_id: str | None = None
    seen: set[tuple[str, str]] = field(default_factory=set)
    session: requests.Session = field(default_factory=requests.Session)

    # -------------------------------------------------------------- what a person does

    def says(self, text: str, *, file: Attachment | Sequence[Attachment] = ()) -> "Person":
        """Write to the bot: with a mention in a space, without one in a one-to-one room.

        `file`: name, content and type of a file, or of several, as Webex's app lets people attach.
        """
        self._notice()
        if self.room_id is None:
            body = {"toPersonId": self.bot["personId"], "text": text}
        else:
            mention = f"<@personId:{self.bot['personId']}|{self.bot['name']}>"
            body = {"roomId": self.room_id, "markdown": f"{mention} {text}"}
        if not file:
            self.last_said = self.call("POST", "messages", json=body)
        else:
            files = [file] if isinstance(file, tuple) else file
            attached = [("files", each) for each in files]
            self.last_said = self.call("POST", "messages", data=body, files=attached)
        return self

    def alone(self) -> "Person":
        """The same person one to one with the bot."""
        return Person(self.url, self.about, self.bot, None)

    def in_room(self, room_id: str) -> "Person":
        """The same person in another space."""
        return Person(self.url, self.about, self.bot, room_id)

    # -------------------------------------------------------------- what a person sees

    def sees(self, *words: str, within: float = PATIENCE) -> "Message":
        """Wait for the newest message after this person's last action with all the words in it."""
        try:
            return wait_for(lambda: next(self._with(words, self.news()), None), "", within)
        except AssertionError:
            heard = self.transcript()
            raise AssertionError(f"{self.name} never saw {words!r}, but:\n{heard}") from None

    def finds(self, *words: str) -> "Message | None":
        """The newest message in this place, however old, that contains all the words."""
        return next(self._with(words, self.messages()), None)

    def sees_nothing_of(self, *words: str) -> None:
        """Assert that no message since the last action has all the words; the bot must be idle."""
        found = next(self._with(words, self.news()), None)
        assert found is None, f"{self.name} saw {found.everything if found else ''}"

    def count(self, *words: str) -> int:
        """How many messages in this place contain all the words."""
        return sum(1 for _ in self._with(words, self.messages()))

    def news(self) -> "list[Message]":
        """Messages that came or changed since this person's last action, newest first."""
        return [m for m in self.messages() if m.mark not in self.seen and not self._mine(m)]

    def messages(self) -> "list[Message]":
        """All messages in this place, most recently changed first."""
        room = self.room_id or self.direct_room()
        if room is None:
            return []
        items = self.call("GET", "messages", params={"roomId": room, "max": 200})["items"]
        found = [Message(self, item) for item in items]
        return sorted(found, key=lambda m: m.raw.get("updated") or m.raw["created"], reverse=True)

    def direct_room(self) -> str | None:
        """The one-to-one room with the bot, if it exists yet."""
        if not hasattr(self, "_direct"):
            answer = self.session.get(
                f"{self.url}/v1/messages/direct",
                params={"personId": self.bot["personId"]},
                headers=self._headers,
                timeout=30,
            )
            items = answer.json().get("items") if answer.ok else None
            if not items:
                return None
            self._direct: str = items[0]["roomId"]
        return self._direct

    def transcript(self) -> str:
        """What this person would read: the latest eight messages, newest first."""
        return "\n".join(f"- {m.everything[:400]!r}" for m in self.messages()[:8])

    # -------------------------------------------------------------- helpers

    @property
    def name(self) -> str:
        return self.about["name"]

    @property
    def email(self) -> str:
        return self.about["email"]

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.about['token']}"}

    def call(self, method: str, path: str, **request: Any) -> Any:
        """Call Webex's API as this person."""
        answer = self.session.request(
            method, f"{self.url}/v1/{path}", headers=self._headers, timeout=30, **request
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def _notice(self) -> None:
        self.seen = {m.mark for m in self.messages()}

    def _mine(self, message: "Message") -> bool:
        return bool(message.raw["personId"] == self.about["personId"])

    def _with(self, words: tuple[str, ...], among: "list[Message]") -> "Iterator[Message]":
        return (m for m in among if all(m.holds(w) for w in words))


@dataclass
class Message:
    """A message as one person sees it, with the card inputs filled in so far."""

    who: Person
    raw: dict[str, Any]
    filled: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.raw["id"])

    @property
    def mark(self) -> tuple[str, str]:
        return self.id, str(self.raw.get("updated") or "")

    @property
    def card(self) -> dict[str, Any] | None:
        attachments = self.raw.get("attachments") or []
        return attachments[0]["content"] if attachments else None

    @property
    def text(self) -> str:
        return str(self.raw.get("text") or "")

    @property
    def everything(self) -> str:
        """The text and every sentence on the card, without markdown's escapes."""
        return " | ".join([plain(self.text), *(plain(t) for t in texts(self.card))])

    def holds(self, words: str) -> bool:
        """Whether it contains these words, ignoring case."""
        return words.casefold() in self.everything.casefold()

    def shows(self, *words: str) -> "Message":
        """Assert that it contains all of them."""
        for each in words:
            assert self.holds(each), f"{each!r} is not in {self.everything!r}"
        return self

    def lacks(self, *words: str) -> "Message":
        """Assert that it contains none of them."""
        for each in words:
            assert not self.holds(each), f"{each!r} is in {self.everything!r}"
        return self

    @property
    def buttons(self) -> list[str]:
        """The titles of all buttons, including those hidden behind other buttons."""
        return [str(a.get("title", "")) for a in actions(self.card)]

    @property
    def inputs(self) -> dict[str, dict[str, Any]]:
        """Every input of the card, by id."""
        return {i["id"]: i for i in elements(self.card) if i["type"].startswith("Input.")}

    def fills(self, **values: Any) -> "Message":
        """Fill in inputs by id; each must exist."""
        for name, value in values.items():
            assert name in self.inputs, f"no input {name!r} among {sorted(self.inputs)}"
            self.filled[name] = as_typed(value)
        return self

    def presses(self, title: str, **free: Any) -> None:
        """Press the button with this title; `free` adds inputs that the card doesn't offer."""
        action = self._button(title)
        self.submits({**self.answers(), **action.get("data", {}), **free})

    def press_of(self, title: str) -> dict[str, Any]:
        """What the button with this title sends, for somebody else to send."""
        inputs: dict[str, Any] = self._button(title)["data"]
        return inputs

    def opens(self, words: str, title: str = "") -> None:
        """Press the row that contains these words, or its button with this title."""
        for element in elements(self.card):
            inside = [a for a in actions(element) if title in ("", a.get("title"))]
            if len(inside) == 1 and any(words in plain(t) for t in texts({"body": [element]})):
                self.submits({**self.answers(), **inside[0].get("data", {})})
                return
        raise AssertionError(f"no row {words!r} in {self.everything!r}")

    def submits(self, inputs: dict[str, Any]) -> None:
        """Send card inputs as they are, as anybody in the room can."""
        self.who._notice()
        body = {"type": "submit", "messageId": self.id, "inputs": inputs}
        self.who.call("POST", "attachment/actions", json=body)

    def answers(self) -> dict[str, str]:
        """What the card's inputs would send: filled-in values, else their initial values."""
        stood = {name: standing(i) for name, i in self.inputs.items()}
        return {k: v for k, v in {**stood, **self.filled}.items() if v is not None}

    def _button(self, title: str) -> dict[str, Any]:
        for action in actions(self.card):
            if action["type"] == "Action.Submit" and action.get("title") == title:
                return action
        raise AssertionError(f"no button {title!r} among {self.buttons} on {self.everything!r}")


def plain(text: str) -> str:
    """Markdown without its escapes and emphasis."""
    return re.sub(r"\\([^\w\s])", r"\1", text).replace("**", "").replace("\u200b", "")


def as_typed(value: Any) -> str:
    """A value as a card sends it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | set):
        return ",".join(str(v) for v in value)
    return str(value)


def standing(element: dict[str, Any]) -> str | None:
    """What an untouched input sends; None where Webex leaves the key out."""
    value = element.get("value")
    if element["type"] == "Input.Toggle":
        on, off = element.get("valueOn", "true"), element.get("valueOff", "false")
        return str(on if value == on else off)
    return None if value is None else str(value)


def elements(node: Any) -> "Iterator[dict[str, Any]]":
    """Every element of a card, including those in containers and behind buttons."""
    if isinstance(node, list):
        for each in node:
            yield from elements(each)
    elif isinstance(node, dict):
        if "type" in node and not str(node["type"]).startswith("Action."):
            yield node
        for key in ("body", "items", "columns", "actions", "card", "facts", "inlines"):
            yield from elements(node.get(key))


def actions(node: Any) -> "Iterator[dict[str, Any]]":
    """Every action of a card, including those behind other actions."""
    if isinstance(node, list):
        for each in node:
            yield from actions(each)
    elif isinstance(node, dict):
        if str(node.get("type", "")).startswith("Action."):
            yield node
        for key in ("body", "items", "columns", "actions", "card"):
            yield from actions(node.get(key))
        if "selectAction" in node:
            yield node["selectAction"]


def texts(card: Any) -> "Iterator[str]":
    """Every sentence that a card shows, including labels and values."""
    for element in elements(card):
        for key in ("text", "title", "label", "value", "placeholder"):
            if isinstance(element.get(key), str):
                yield element[key]
        for choice in element.get("choices", []):
            yield choice["title"]
        for fact in element.get("facts", []):
            yield from (fact["title"], fact["value"])
