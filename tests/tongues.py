"""The languages for tests, and a made-up “Bulgarian” catalogue that can be incomplete."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po

from cards.kit import words

LANGUAGES = ("en", "bg")


def write_bulgarian(folder: Path, *, without: str = "", fuzzy: str = "") -> None:
    """Write a catalogue `bg` of English with a Ж in front, but for what is left out or fuzzy."""
    with words.TEMPLATE.open("rb") as lines:
        catalogue = read_po(lines, locale="bg")
    catalogue.fuzzy = False
    for message in catalogue:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        if message.id and without not in ids:
            said = tuple(f"Ж{each}" for each in ids)
            message.string = said if isinstance(message.id, tuple) else said[0]
        if fuzzy in ids:
            message.flags.add("fuzzy")
    place = folder / "bg" / "LC_MESSAGES" / "trialbot.po"
    place.parent.mkdir(parents=True)
    with place.open("wb") as file:
        write_po(file, catalogue)


@contextmanager
def catalogues_in(folder: Path) -> Iterator[None]:
    """Read the catalogues from this folder instead of `cards/locale`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words, "LOCALE", folder)
        _forget()
        try:
            yield
        finally:
            patch.undo()
            _forget()


def _forget() -> None:
    words.languages.cache_clear()
    words._catalogue.cache_clear()


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """Each of the languages on offer."""
    return str(request.param)
