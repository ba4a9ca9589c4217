"""The main job in the page: two people, one trial, and the README's picture of it.

`make picture` copies it from `.local/screenshots/trial.png` to `docs/`.
"""

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from sandbox.server import Sandbox
from tests.browser.conftest import SCREENSHOTS, Play
from tests.stage import Stage

MARGIN = 12


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough for the page."""
    return sqlite_url


@pytest.fixture
def webex(stage: Stage) -> Sandbox:
    """The sandbox that the bot talks to."""
    return stage.webex


def test_a_trial_is_started_accepted_and_its_reminder_shown_in_the_page(
    stage: Stage, play: Play
) -> None:
    space = stage.rooms["partner-space"]
    tom = play("partner-admin", space, width=1100, height=820, scale=2)
    write(tom, "start")
    fill_in_the_start_form(tom)
    expect(card(tom, "I'm asking the customer for consent")).to_be_visible()

    clara = play("customer-full-admin", width=1100, height=1000)
    clara.get_by_role("link", name="Trialbot").click()
    request = card(clara, "is asking for your consent")
    request.get_by_role("checkbox").check()
    picture(clara, "consent")
    request.get_by_role("button", name="Accept").click()
    expect(card(clara, "You accepted").first).to_be_visible()
    expect(tom.get_by_text("Clara Bauer").first).to_be_visible()

    write(tom, "provisioned Meadow")
    card(tom, "Provisioned in Partner Hub on").get_by_role(
        "button", name="Mark as provisioned"
    ).click()
    expect(card(tom, "30 days left").first).to_be_visible()
    for step in ("+7 days", "+7 days", "+7 days", "+1 day", "+1 day"):
        tom.get_by_role("button", name=step).click()
        stage.idle()
    reminder = card(tom, "expires on")
    expect(reminder.get_by_role("button", name="Extend…")).to_be_visible()
    expect(reminder).to_be_in_viewport()
    picture(tom, "trial", around=reminder)


def fill_in_the_start_form(tom: Page) -> None:
    """Fill in all steps of the form, forgetting the company at first."""
    first = card(tom, "Step 1 of")
    first.get_by_role("radio", name="Existing customer").check()
    first.get_by_label("Administrator's e-mail").fill("clara.bauer@meadow.example")
    first.get_by_label("Business vertical").select_option("Retail")
    first.get_by_label("Country (where most users are)").fill("Bulgaria")
    first.get_by_role("checkbox", name="in a supported location").check()
    first.get_by_role("button", name="Next").click()
    expect(card(tom, "This is required.")).to_be_visible()
    card(tom, "Step 1 of").get_by_label("Company name").fill("Meadow Foods")
    card(tom, "Step 1 of").get_by_role("button", name="Next").click()
    second = card(tom, "Step 2 of")
    second.get_by_role("checkbox", name="Messaging").first.check()
    second.get_by_role("checkbox", name="Calling").first.check()
    second.get_by_role("button", name="Next").click()
    card(tom, "Check and save").get_by_role("button", name="Save").click()


def write(page: Page, text: str) -> None:
    """Mention the bot and write to it."""
    page.get_by_role("button", name="Mention Trialbot").click()
    page.get_by_label("Message", exact=True).press_sequentially(text)
    page.get_by_role("button", name="Send", exact=True).click()


def card(page: Page, words: str):  # type: ignore[no-untyped-def]
    """The newest card that contains these words."""
    return page.get_by_role("group", name="Card").filter(has_text=words).last


def picture(page: Page, name: str, around: Locator | None = None) -> None:
    """Take a screenshot of the whole page, or of one card with its sender."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    clip = _with_its_sender(around) if around else None
    page.screenshot(path=SCREENSHOTS / f"{name}.png", clip=clip)


def _with_its_sender(card: Locator) -> FloatRect:
    """The area of a card and its sender's line, with a margin."""
    frame = card.bounding_box()
    message = card.locator("xpath=ancestor::article").bounding_box()
    assert frame
    assert message
    left, top = message["x"] - MARGIN, message["y"] - MARGIN
    right, bottom = frame["x"] + frame["width"], frame["y"] + frame["height"]
    return {
        "x": left,
        "y": top,
        "width": right + MARGIN - left,
        "height": bottom + MARGIN / 2 - top,
    }
