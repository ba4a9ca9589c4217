"""A refusal that one field brought about is said at that field, on the same card."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bot.conversation.turn import Turn
from cards.kit.forms import Form
from cards.kit.refusals import refusal
from cards.kit.words import Message
from store.refusals import Reason, Refused


@contextmanager
def at_fields(turn: Turn, form: Form, fields: Mapping[Reason, str]) -> Iterator[None]:
    """Turn a refusal for one of these reasons into the form's own mistake; others stay refusals."""
    try:
        yield
    except Refused as no:
        if no.reason not in fields:
            raise
        message = Message(refusal(turn.words, no))
        raise form.wrong({fields[no.reason]: message}) from no
