"""A message that Webex refuses, in a plainer form: without its file, without its card, shorter.

Each step is another call for the same row, until Webex takes one or nothing is left to leave out.
"""

from typing import Any

from sqlmodel import Session

from bot.failures import NotDrawn, Undeliverable
from cards.kit.words import N_, Md, Words, cut, paragraphs
from store.features import spaces
from store.queues.leases import Claimed

BAD, FORBIDDEN, TOO_LARGE, WRONG_TYPE = 400, 403, 413, 415
SHORT = 500
"""Bytes below which a text isn't to blame."""

NO_FILE = N_("Webex didn't accept the file “{name}”, so here is only the text.")
NOT_DRAWN = N_("I couldn't draw the picture “{name}”, so here is only the text.")
NO_CARD = N_(
    "Webex didn't accept the card with the buttons. Type a command instead, or give my operator"
    " this code: {code}."
)

Change = dict[str, Any]


def plainer(session: Session, letter: Claimed, never: Undeliverable) -> Change | None:
    """The columns to change for the next plainer form; None if a plainer form wouldn't help."""
    text, status = Md(letter.text), never.status
    if letter.file_name and status in (BAD, FORBIDDEN, TOO_LARGE, WRONG_TYPE):
        why = NOT_DRAWN if isinstance(never, NotDrawn) else NO_FILE
        said = _words(session, letter)(why, name=letter.file_name)
        no_file = {"file_name": None, "file_type": None, "file": None}
        return no_file | {"text": cut(paragraphs(text, said))}
    if letter.card is not None and status in (BAD, TOO_LARGE):
        code = letter.event or f"m{letter.id}"
        said = _words(session, letter)(NO_CARD, code=code)
        return {"card": None, "text": cut(paragraphs(said, text))}
    size = len(letter.text.encode())
    if size > SHORT and status in (BAD, TOO_LARGE):
        return {"text": cut(text, size // 2)}
    return None


def _words(session: Session, letter: Claimed) -> Words:
    """The language of the message's space; English elsewhere."""
    space = spaces.space_of(session, letter.address.removeprefix("room:"))
    return Words(space.language if space else "en")
