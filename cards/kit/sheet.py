"""A card with one form about a trial: the trial, an explanation, the fields, two buttons."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from cards.kit import kit
from cards.kit.fields import Choices
from cards.kit.forms import Form, Invalid
from cards.kit.headline import header, headline
from cards.kit.kit import Action, ButtonStyle, Card, Element
from cards.kit.word import word_button
from cards.kit.words import N_, Words, paragraphs
from store.tables import Trial, id_of


def sheet(
    form: type[Form],
    trial: Trial,
    words: Words,
    today: date,
    *,
    meaning: Iterable[str] = (),
    care: Iterable[str] = (),
    said: str = "",
    problem: Invalid | None = None,
    values: Mapping[str, Any] = {},
    choices: Mapping[str, Choices] = {},
    only: Collection[str] | None = None,
    below: Iterable[Element | None] = (),
    more: Iterable[Action | None] = (),
    style: ButtonStyle = "positive",
    **carried: Any,
) -> Card:
    """Build a card with a form about a trial.

    `meaning`: what the form does. `care`: what to consider first. `said`: why it was just refused.
    `problem`: what was wrong with the form; ignored if it belongs to another form. `below`:
    elements under the fields. `more`: buttons before *Back*.
    """
    meaning, care = list(meaning), list(care)
    ours = problem if problem and problem.form is form else None
    elements = [
        header(trial, words, today),
        kit.notice(said, "attention") if said else None,
        *(kit.text(sentence) for sentence in meaning),
        *(kit.notice(sentence) for sentence in care),
        *form.inputs(
            words,
            ours.values if ours else values,
            ours.messages if ours else {},
            choices,
            only=only,
        ),
        *below,
    ]
    buttons = [
        form.button(words, style=style, **_brought(form, trial), **carried),
        *more,
        word_button(words, N_("Back"), "show", trial),
    ]
    text = paragraphs(headline(trial, words, today), said, *meaning, *care)
    return kit.card(words, text, elements, buttons)


def _brought(form: type[Form], trial: Trial) -> dict[str, Any]:
    """Return the fields that the button carries: the trial, and the version that the card shows."""
    known = {"trial": id_of(trial), "version": trial.version}
    return {name: value for name, value in known.items() if name in form.fields}
