"""Continuing in a private chat, where nobody else can read along."""

from cards.kit.forms import Form, carried
from cards.kit.kit import Action
from cards.kit.rules import as_its_command
from cards.kit.words import N_, Words


class Privately(
    Form,
    key="privately",
    rule=as_its_command(),
    title=N_("Continue in a private chat"),
    submit=N_("Continue in a private chat"),
):
    """Run a command in a private chat instead of in the space."""

    word: str = carried()


def privately_button(words: Words, word: str) -> Action:
    """Build a button that runs the command line `word` in a private chat."""
    return Privately.button(words, word=word)
