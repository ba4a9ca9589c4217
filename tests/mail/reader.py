"""A reader of e-mails with a browser: opens links, ticks, presses."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any

import requests

from tests.people import wait_for
from tests.stage import Stage

FETCHED = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
"""What a browser adds when a form is sent from a page with `Referrer-Policy: no-referrer`."""


@dataclass
class Reader:
    """Somebody who gets e-mails."""

    stage: Stage
    session: requests.Session = field(default_factory=requests.Session)

    def mails(self, to: str = "") -> list[dict[str, Any]]:
        """The e-mails that arrived, oldest first."""
        return [mail for mail in self.stage.ask("mails") if to in ("", mail["to"])]

    def gets(self, *words: str, to: str) -> dict[str, Any]:
        """Wait for the newest e-mail to an address with all the words in its text."""

        def look() -> dict[str, Any] | None:
            fit = [m for m in self.mails(to) if all(w in m["text"] for w in words)]
            return fit[-1] if fit else None

        return wait_for(look, f"{to} never got {words!r}, but {self.mails()}")

    def opens(self, url: str, **request: Any) -> "Page":
        """Follow a link."""
        return Page(self, url, self.session.get(url, timeout=30, **request))


def link_in(mail: dict[str, Any], page: str = "consent") -> str:
    """The link to one of our pages in an e-mail; the same in its text and in its HTML."""
    [in_text] = re.findall(rf"http\S*/{page}/\S+", mail["text"])
    assert f'href="{in_text}"' in mail["html"]
    return in_text


@dataclass
class Page:
    """A page in the browser."""

    reader: Reader
    url: str
    answer: requests.Response
    ticked: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What can be read on it."""
        body = self.answer.text.partition("<body>")[2]
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))

    def shows(self, *words: str) -> "Page":
        for each in words:
            assert each in self.text, f"{each!r} is not in {self.text!r}"
        return self

    def lacks(self, *words: str) -> "Page":
        for each in words:
            assert each not in self.text, f"{each!r} is in {self.text!r}"
        return self

    @property
    def buttons(self) -> dict[str, tuple[str, str]]:
        """The form's buttons: their titles, and the name and value that each sends."""
        return self._form.buttons

    def ticks(self, name: str) -> "Page":
        assert name in self._form.boxes
        self.ticked[name] = self._form.boxes[name]
        return self

    def presses(self, title: str, headers: dict[str, str] = FETCHED, **other: str) -> "Page":
        """Send the form with a button; `other` values replace those of the form."""
        name, value = self.buttons[title]
        data = {**self._form.hidden, **self.ticked, name: value, **other}
        answer = self.reader.session.post(self.url, data=data, headers=headers, timeout=30)
        return Page(self.reader, self.url, answer)

    @property
    def _form(self) -> "_Form":
        form = _Form()
        form.feed(self.answer.text)
        return form


class _Form(HTMLParser):
    """What a page's form would send."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.boxes: dict[str, str] = {}
        self.buttons: dict[str, tuple[str, str]] = {}
        self._button: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input":
            kept = self.hidden if given["type"] == "hidden" else self.boxes
            kept[given["name"]] = given["value"]
        self._button = (given["name"], given["value"]) if tag == "button" else None

    def handle_data(self, data: str) -> None:
        if self._button:
            self.buttons[data], self._button = self._button, None
