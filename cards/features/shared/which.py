"""Asking which trial is meant when several match the input."""

from collections.abc import Sequence
from datetime import date

from cards.kit import kit
from cards.kit.headline import header, headline
from cards.kit.kit import Card
from cards.kit.word import Word
from cards.kit.words import Words, bullets, paragraphs
from store.tables import Trial

SHOWN = 10


def which_card(
    trials: Sequence[tuple[Trial, date]], word: str, words: Words, before: str = ""
) -> Card:
    """Build a row for each trial (with its own today); pressing one runs `word` for that trial.

    `before`: what stands between the word and the trial's code.
    """
    shown = trials[:SHOWN]
    lead = f"{before} " if before else ""
    question = words("Which trial do you mean?")
    rows = [
        kit.box(
            [header(trial, words, today)],
            press=Word.button(words, words("Choose"), word=word, rest=lead + trial.code),
            separator=True,
        )
        for trial, today in shown
    ]
    more = words("More trials match. Type more of the name, or the code.")
    rest = [kit.small(more)] if len(trials) > SHOWN else []
    text = paragraphs(question, bullets(headline(trial, words, today) for trial, today in shown))
    return kit.card(words, text, [kit.header(question), *rows, *rest])
