"""The README's tour, done exactly as written by somebody in a browser.

In its steps **a name** is a person to be; *a name* is a control to press, or a field to fill in if
`a text` follows; `a text` alone is sent as a message, and “words” must appear.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from sandbox.server import Sandbox
from tests.browser.conftest import Play
from tests.browser.test_tour import write
from tests.people import wait_for
from tests.stage import Stage

ROOT = Path(__file__).parents[2]
MANY = 20
TOKEN = re.compile(
    r"\*\*(?P<person>[^*]+)\*\*"
    r"|\*(?P<again>[^*]+)\* until “(?P<end>[^”]+)”"
    r"|\*(?P<field>[^*]+)\* `(?P<value>[^`]+)`"
    r"|\*(?P<press>[^*]+)\*(?P<twice> twice)?"
    r"|`(?P<message>[^`]+)`"
    r"|“(?P<seen>[^”]+)”"
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough for the page."""
    return sqlite_url


@pytest.fixture
def webex(stage: Stage) -> Sandbox:
    """The sandbox that the bot talks to."""
    return stage.webex


@pytest.mark.timeout(240)
def test_the_tour_works_word_for_word(stage: Stage, play: Play) -> None:
    page = play("", width=1100, height=900)
    steps = tour()
    assert len(steps) == 7
    for step in steps:
        for does in TOKEN.finditer(step):
            act(page, stage, does)
            stage.idle()


def tour() -> list[str]:
    """The numbered steps, one line each."""
    prose = (ROOT / "README.md").read_text()
    section = prose.partition("\n## Five minutes in the sandbox\n")[2].partition("\n## ")[0]
    return [" ".join(step.split()) for step in re.split(r"^\d+\. ", section, flags=re.M)[1:]]


def act(page: Page, stage: Stage, does: re.Match[str]) -> None:
    """Do what one marked word says."""
    match does.lastgroup:
        case "person":
            page.get_by_role("link", name=does["person"]).first.click()
        case "end":
            for _ in range(MANY):
                control(page, does["again"]).click()
                stage.idle()
                if shown(page, does["end"]).count():
                    break
            expect(shown(page, does["end"]).last).to_be_visible()
        case "value":
            fill(page, does["field"], does["value"])
        case "press" | "twice":
            for _ in range(2 if does["twice"] else 1):
                control(page, does["press"]).click()
                stage.idle()
        case "message":
            say(page, does["message"])
        case _:
            expect(shown(page, does["seen"]).last).to_be_visible()


def control(page: Page, name: str) -> Locator:
    """The control with this name: in the newest card that has one, else anywhere on the page."""
    return wait_for(lambda: next(_controls(page, name), None), f"nothing to press: {name}")


def _controls(page: Page, name: str) -> Iterator[Locator]:
    cards = page.get_by_role("group", name="Card")
    whole = re.compile(rf"^{re.escape(name)}(, .*)?$")  # a link may say "Trialbot, unread"
    for role in ("button", "radio", "checkbox"):
        named = whole if role == "button" else name
        found = page.get_by_role(role, name=named)  # type: ignore[arg-type]
        card = cards.filter(has=found).last
        if card.count():
            yield card.get_by_role(role, name=named).first  # type: ignore[arg-type]
    for role in ("button", "link"):
        found = page.get_by_role(role, name=whole)  # type: ignore[arg-type]
        if found.count():
            yield found.last


def fill(page: Page, label: str, value: str) -> None:
    """Fill in or choose, in the newest card that has the field."""
    cards = page.get_by_role("group", name="Card")
    field = cards.filter(has=page.get_by_label(label)).last.get_by_label(label).first
    if field.evaluate("it => it.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)


def say(page: Page, text: str) -> None:
    """Send a message; `@Trialbot` mentions the bot."""
    if text.startswith("@Trialbot "):
        write(page, text.removeprefix("@Trialbot "))
    else:
        page.get_by_label("Message", exact=True).press_sequentially(text)
        page.get_by_role("button", name="Send", exact=True).click()


def shown(page: Page, words: str) -> Locator:
    """The messages that contain the words."""
    return page.get_by_role("article").filter(has_text=words)
