"""Every catalogue is complete and says what the template says, in words that people can type."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import bot.features  # noqa: F401
from bot.conversation.hear import understand
from bot.conversation.routes import commands
from cards.features.lists import FILTER_WORDS
from cards.kit.word import spellings
from cards.kit.words import DOMAIN, LOCALE, TEMPLATE, Words, languages
from store.rules import spelling
from store.rules.columns import SHOWN_ONLY, Column, column_of

ROOT = Path(__file__).parents[2]
CATALOGUES = sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
LANGUAGES = [place.parents[1].name for place in CATALOGUES]
PLACEHOLDER = re.compile(r"\{\w*\}")
IN_STARS = re.compile(r"(?<!\*)\*([^*]+)\*(?!\*)")

#: Buttons of Partner Hub that have the same name as one of ours.
THEIRS = {"Save", "Next", "Back"}


class Sentence(NamedTuple):
    """A message and its translation; a plural has two, of one and of many."""

    id: str
    said: str


def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as lines:
        return read_po(lines, locale=language)


def sentences(language: str) -> Iterator[Sentence]:
    for message in catalogue(language):
        if message.id:
            ids, said = _forms(message.id), _forms(message.string)
            for form, translation in enumerate(said):
                yield Sentence(ids[min(form, len(ids) - 1)], translation)


def in_stars(each: Sentence) -> Iterator[tuple[str, str]]:
    """The buttons and commands that a sentence quotes, in English and translated."""
    return zip(IN_STARS.findall(each.id), IN_STARS.findall(each.said), strict=True)


def _forms(text: str | Sequence[str]) -> Sequence[str]:
    return (text,) if isinstance(text, str) else text


def test_bulgarian_is_offered() -> None:
    assert languages() == ("en", "bg")


def test_an_installed_package_has_the_template_and_the_catalogues() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]["cards"]
    packed = {file for pattern in patterns for file in (ROOT / "cards").glob(pattern)}
    assert packed >= {TEMPLATE, *CATALOGUES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_message_of_the_template_and_no_other(language: str) -> None:
    """If it fails: `make catalogue`, then translate what is missing."""
    with TEMPLATE.open("rb") as lines:
        asked = {message.id for message in read_po(lines) if message.id}
    there = {message.id: message for message in catalogue(language) if message.id}
    untranslated = [
        id_ for id_, message in there.items() if message.fuzzy or not all(_forms(message.string))
    ]
    assert untranslated == []
    assert sorted(map(str, asked ^ there.keys())) == []
    assert not catalogue(language).obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_facts_and_marks(language: str) -> None:
    def marks(text: str) -> tuple[Counter[str], int, int, int]:
        signs = (text.count(sign) for sign in ("*", "`", "\n"))
        return Counter(PLACEHOLDER.findall(text)), *signs

    assert [each for each in sentences(language) if marks(each.id) != marks(each.said)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_begins_and_ends_as_the_message_does(language: str) -> None:
    def ends(text: str) -> tuple[bool, bool, bool, str]:
        blank = text != text.strip()
        return blank, "  " in text, text.endswith("…"), text[-1] if text[-1] in ".?:" else ""

    assert [each for each in sentences(language) if ends(each.id) != ends(each.said)] == []


# ------------------------------------------------------------------ what people type


def test_no_two_commands_have_a_word_in_common() -> None:
    meaning: dict[str, set[str]] = {}
    for words in map(Words, languages()):
        for command in commands.values():
            for typed in spellings(words, command.word):
                meaning.setdefault(spelling.word(typed), set()).add(command.word)
    assert {typed: means for typed, means in meaning.items() if len(means) > 1} == {}


def test_no_two_lists_have_a_word_in_common() -> None:
    typed = [
        spelling.word(way)
        for word in FILTER_WORDS.values()
        for way in {way for words in map(Words, languages()) for way in spellings(words, word)}
    ]
    assert len(typed) == len(set(typed))


@pytest.mark.parametrize("language", languages())
def test_import_finds_a_column_by_the_name_that_its_card_shows(language: str) -> None:
    words = Words(language)
    shown = {words.term(Column, each): each for each in Column if each not in SHOWN_ONLY}
    assert {name: column_of(name) for name in shown} == shown


@pytest.mark.parametrize("language", languages())
def test_every_command_is_understood_in_every_language(language: str) -> None:
    for command in commands.values():
        for typed in spellings(Words(language), command.word):
            for text in (f"{typed} T-7K3Q", typed.upper() + " T-7K3Q", f"/{typed} T-7K3Q"):
                found = understand(text)
                assert (found.command, found.rest) == (command, "T-7K3Q"), text
            first, *more = typed.split()
            assert understand(" ".join([f"{first}x", *more, "T-7K3Q"])).command is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_commands_in_a_sentence_can_be_typed(language: str) -> None:
    for each in sentences(language):
        for ours, theirs in in_stars(each):
            meant = understand(ours)
            if meant.command is not None and ours.islower():
                found = understand(theirs)
                assert found.command is meant.command, each
                assert (found.rest == "") == (meant.rest == ""), each


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_buttons_in_a_sentence_have_their_names(language: str) -> None:
    names = {each.id: each.said for each in sentences(language)}
    for each in sentences(language):
        for ours, theirs in in_stars(each):
            if ours in THEIRS:
                assert theirs == ours, each
            elif ours in names and not ours.islower():
                assert theirs == names[ours], each
