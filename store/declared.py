"""Open vocabularies: words declared by features, stored as text."""

from typing import ClassVar, Self


class Declared(str):
    """An open vocabulary: each feature declares its own words next to its code.

    Each subclass has its own words. Declaring a word twice raises ValueError; `of` looks one up.
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
        """The declared word. Raises KeyError if this release doesn't declare it."""
        return cls._known[word]

    @classmethod
    def knows(cls, word: str) -> bool:
        """Whether this release declares a word; a newer one may have stored others."""
        return word in cls._known

    @classmethod
    def all(cls) -> tuple[Self, ...]:
        """Every declared word, in order of declaration."""
        return tuple(cls._known.values())
