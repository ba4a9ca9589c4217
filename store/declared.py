"""Words that features declare: text in the database, one object each in the program."""

from typing import ClassVar, Self


class Declared(str):
    """An open vocabulary: every feature adds its own words where it is written.

    A subclass has words of its own. Declaring a word twice is a ValueError; `of` finds one.
    """

    _known: ClassVar[dict[str, Self]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._known = {}

    def __new__(cls, word: str) -> Self:
        if word in cls._known:
            raise ValueError(f"{cls.__name__} {word!r} is already declared")
        cls._known[word] = super().__new__(cls, word)
        return cls._known[word]

    @classmethod
    def of(cls, word: str) -> Self:
        """The declared word. Raises KeyError for one that this release doesn't know."""
        return cls._known[word]

    @classmethod
    def knows(cls, word: str) -> bool:
        """Whether this release declares a word; a newer one may have stored others."""
        return word in cls._known

    @classmethod
    def all(cls) -> tuple[Self, ...]:
        """Every declared word, in the order of their declaration."""
        return tuple(cls._known.values())
