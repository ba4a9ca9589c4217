"""The sandbox's mailbox: what the bot has sent, in a frame of its own, with links that open."""

import smtplib
from email.message import EmailMessage

from playwright.sync_api import expect

from sandbox.server import Sandbox
from tests.browser.conftest import Play

HTML = '<html><head></head><body><h1>Webex trial</h1><a href="{url}/">Read</a></body></html>'


def test_sent_e_mails_can_be_read_and_their_links_followed(play: Play, webex: Sandbox) -> None:
    page = play("partner-admin")
    expect(page.get_by_role("button", name="Mail", exact=True)).to_be_visible()
    _send(webex)
    page.get_by_role("button", name="Mail (1)").click()
    dialog = page.get_by_role("dialog", name="Mail")
    dialog.get_by_role("button", name="Trial <b>").click()
    frame = dialog.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Webex trial")).to_be_visible()
    dialog.get_by_text("As plain text").click()
    expect(dialog.get_by_text("In words")).to_be_visible()
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name="Read").click()
    expect(opened.value).to_have_title("Webex sandbox")


def _send(webex: Sandbox) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "bot@harbour.example", "clara@meadow.example"
    message["Subject"] = "Trial <b>"
    message.set_content("In words")
    message.add_alternative(HTML.format(url=webex.url), subtype="html")
    with smtplib.SMTP("127.0.0.1", webex.mail_server.port) as server:
        server.send_message(message)
