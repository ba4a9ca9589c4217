"""Short codes that people can say and type: `T-7K3Q`."""

ALPHABET = "23456789ACDEFGHJKMNPQRTVWXY"
"""Leaves out 0 O, 1 I L, B (8), S (5), Z (2), U (V)."""

SHORTEST = 4
LONGEST = 8
CODES = len(ALPHABET) ** SHORTEST
"""How many codes have the shortest length; numbers from here on get longer ones."""

_SCATTER = 334_214_459
"""Odd and not a multiple of 3: consecutive numbers get codes that don't look alike."""

_READ_AS = str.maketrans("BSZUАСЕНКМРТХУВ", "852VACEHKMPTXY8")
"""Letters outside the alphabet, and Cyrillic ones that look like letters in it."""

_DASHES = str.maketrans(dict.fromkeys("-‐‑‒–—―−_"))


def code(number: int) -> str:
    """The code of a number, counted from 0; each number has its own."""
    length, rest = SHORTEST, number
    while rest >= len(ALPHABET) ** length:
        rest -= len(ALPHABET) ** length
        length += 1
    return "T-" + _digits(rest * _SCATTER % len(ALPHABET) ** length, length)


def normal_code(text: str) -> str | None:
    """Normalise a typed code; None if it isn't one. Ignores case, spaces and dashes.

    A letter outside the alphabet counts as its look-alike (B for 8, S for 5, Z for 2, U for V); 0,
    O, 1, I and L have none.
    """
    plain = "".join(text.upper().split()).translate(_DASHES).translate(_READ_AS)
    body = plain.removeprefix("T")
    fits = plain.startswith("T") and SHORTEST <= len(body) <= LONGEST
    return f"T-{body}" if fits and not set(body) - set(ALPHABET) else None


def _digits(value: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        value, digit = divmod(value, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
