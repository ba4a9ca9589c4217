"""An e-mail as it goes over the wire, built from its outbox row."""

import hashlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, unquote

from bot.failures import Undeliverable
from bot.mail_server import MailServer
from cards.kit.words import plain
from store.queues.leases import Claimed

BAD_ADDRESS = 553
"""SMTP's code for a mailbox name that isn't allowed."""


def message_of(letter: Claimed, server: MailServer) -> EmailMessage:
    """Build an e-mail in text and HTML, the same each time. Raises `Undeliverable`.

    It says that a program sent it (RFC 3834) and, for notices, how to unsubscribe (RFC 8058).
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = server.sender
    message["To"] = address_of(letter)
    message["Subject"] = plain(letter.mail["subject"])
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = _id(letter, server)
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe := letter.mail["unsubscribe"]:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)
    message.add_alternative(letter.mail["html"], subtype="html")
    return message


def address_of(letter: Claimed) -> Address:
    """The address of a row, `mail:<address>`. Raises `Undeliverable` if it can't be one."""
    local, _, domain = letter.address.partition(":")[2].rpartition("@")
    try:
        return Address(username=unquote(local), domain=domain.encode("idna").decode())
    except (ValueError, IndexError):  # a part of `email` raises IndexError for odd addresses
        raise Undeliverable(BAD_ADDRESS, "this can't be an e-mail address") from None


def _id(letter: Claimed, server: MailServer) -> str:
    """The same for each try, so that a mail sent twice is recognised; another for each row."""
    whole = f"{letter.id} {letter.created_at.isoformat()} {letter.address}"
    return f"<{hashlib.sha256(whole.encode()).hexdigest()[:32]}@{server.domain}>"
