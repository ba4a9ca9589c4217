"""The whole attack: every press and word by everybody, and anything at all, on both databases."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import bot.features  # noqa: F401
from bot.conversation.routes import commands, presses
from store.database.database import Database
from tests.rights import fuzz
from tests.rights.events import Play
from tests.rights.matrix import Deed, by_button, faults, pressing, privately, typing, word_of
from tests.rights.product import FORMS, WORDS
from tests.rights.world import a_world
from tests.stage import link_both

SHARES = {
    fuzz.any_body: 0.15,
    fuzz.any_input: 0.4,
    fuzz.any_press: 0.15,
    fuzz.any_line: 0.1,
    fuzz.any_mention: 0.2,
}
"""How many of the examples each attempt gets: those that need no database are quick."""

Open = Callable[[Path], AbstractContextManager[str]]


def attack(database: str, opened: Open, examples: int) -> list[str]:
    """Attack a world on a database; return what was wrong."""
    prefix = "trialbot-soak-"
    with tempfile.TemporaryDirectory(prefix=prefix) as folder, opened(Path(folder)) as url:
        _prepare(url)
        play = Play(a_world(url, Path(folder)))
        try:
            return [*_matrix(database, play), *_anything(database, play, examples)]
        finally:
            play.close()


def _prepare(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.close()
    link_both(url)


def _matrix(database: str, play: Play) -> Iterator[str]:
    began, deeds = time.monotonic(), list(_deeds())
    wrong = [fault for deed in deeds for fault in faults(play, deed)]
    print(f"{database}: {len(deeds)} presses and words, {_since(began)}", flush=True)
    yield from wrong


def _deeds() -> Iterator[Deed]:
    for key, rule in FORMS.items():
        yield pressing(presses[key], rule)
    for line, rule in WORDS.items():
        yield typing(line, rule)
        if commands[word_of(line)].is_simple:  # no button carries a file
            yield from (by_button(line, rule), privately(line, rule))


def _anything(database: str, play: Play, examples: int) -> Iterator[str]:
    for attempt, share in SHARES.items():
        began, n = time.monotonic(), round(examples * share)
        try:
            fuzz.tried(play, attempt, n)
        except Exception as error:
            yield f"{attempt.__name__}: {error!r} {getattr(error, '__notes__', '')}"
        print(f"{database}: {n} × {attempt.__name__}, {_since(began)}", flush=True)


def _since(began: float) -> str:
    return f"{time.monotonic() - began:.0f} s"
