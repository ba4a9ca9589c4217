"""Going on one to one, where nobody reads along."""

from cards.kit.forms import Form, carried
from cards.kit.kit import Action
from cards.kit.words import N_, Words


class Privately(
    Form,
    key="privately",
    title=N_("Continue in a private chat"),
    submit=N_("Continue in a private chat"),
):
    """Say a word one to one instead of here."""

    word: str = carried()


def privately_button(words: Words, word: str) -> Action:
    """The button that says `word`, with what stands behind it, one to one."""
    return Privately.button(words, word=word)
