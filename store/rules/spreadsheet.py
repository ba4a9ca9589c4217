"""Files that spreadsheets write and read: text with separators, in many encodings.

A cell that a spreadsheet would take for a formula gets an apostrophe, and reading takes exactly
that one off again. Rule: docs/import.md#files.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from charset_normalizer import from_bytes

from store.refusals import Reason, Refused

NO_TABLE = Reason("no-table")
TOO_MANY_ROWS = Reason("too-many-rows")

MOST_ROWS = 20_000
SEPARATORS = ",;\t|"

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_SEP_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OLD_ENCODINGS = ["cp1251", "cp1252"]
"""What Excel writes where UTF-8 isn't asked for: in Cyrillic, and in Western Europe."""

_OTHER_FILES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
"""How files begin that aren't text: workbooks, documents, pictures."""

_BULGARIAN_DAY = re.compile(rb"\.\d{4} ?\xe3(?!\w)")
"""A date as Bulgarian Excel writes it, `24.12.2026 г.`: too few letters for a guess."""

_MIXED_WORD = re.compile(rb"[A-Za-z][\xc0-\xff]|[\xc0-\xff][A-Za-z]")
_CYRILLIC_WORD = re.compile(rb"(?<![A-Za-z\xc0-\xff])[\xc0-\xff]{2,}(?![A-Za-z\xc0-\xff])")
"""Letters that belong to one encoding only, as far as words show; both write them as these."""

_EURO_1252 = b"\x80"
_SIGNS_1251 = (b"\x88", b"\xb9")
"""€ in Western Europe; € and № in Cyrillic. Most other signs are the same in both."""

_GUESSED_BY = 20_000
"""How many bytes show which old encoding it is."""

_LOOKED_AT = 20
"""How many rows show which character separates cells."""

csv.field_size_limit(1_000_000)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was read: how it is written, its headings, and its rows with line numbers."""

    encoding: str
    separator: str
    headings: Sequence[str]
    rows: Sequence[tuple[int, Sequence[str]]]


# ------------------------------------------------------------------ writing


def written(rows: Iterable[Sequence[str]], separator: str = ",") -> bytes:
    """Write rows as a file that spreadsheets open, in UTF-8 with a byte order mark."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return codecs.BOM_UTF8 + text.getvalue().encode("utf-8", "replace")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def as_meant(cell: str) -> str:
    """A cell without the apostrophe that `harmless` put before it."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


# ------------------------------------------------------------------ reading


def read(content: bytes) -> Sheet:
    """Read a file; its headings are the first row of several filled cells.

    Refused: NO_TABLE if it is no text with separators, TOO_MANY_ROWS (`most`).
    """
    encoding, text = _decoded(content)
    declared = _SEP_LINE.match(text)
    skipped = 1 if declared else 0
    text = text[declared.end() :] if declared else text
    separator = declared[1] if declared else _separator(text)
    try:
        rows = list(_rows(text, separator, skipped))
    except csv.Error as error:
        raise Refused(NO_TABLE) from error
    first = next((place for place, (_, row) in enumerate(rows) if _is_wide(row)), None)
    if first is None:
        raise Refused(NO_TABLE)
    return Sheet(encoding, separator, rows[first][1], rows[first + 1 :])


def _is_wide(row: Sequence[str]) -> bool:
    """Whether a row can be the headings; a title above them fills only one cell."""
    return sum(bool(cell.strip()) for cell in row) > 1


def _rows(text: str, separator: str, skipped: int) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows that aren't empty, each with the number of the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    begins, found = 1 + skipped, 0
    for row in reader:
        if any(cell.strip() for cell in row):
            found += 1
            if found > MOST_ROWS + 1:
                raise Refused(TOO_MANY_ROWS, most=MOST_ROWS)
            yield begins, [as_meant(cell) for cell in row]
        begins = reader.line_num + 1 + skipped


def _decoded(content: bytes) -> tuple[str, str]:
    """The encoding and the text. Refused: NO_TABLE."""
    if content.startswith(_OTHER_FILES):
        raise Refused(NO_TABLE)
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding, content[len(mark) :].decode(encoding, "replace")
    if b"\0" in content:
        raise Refused(NO_TABLE)
    try:
        return "utf-8", content.decode()
    except UnicodeDecodeError:
        return _old(content)


def _old(content: bytes) -> tuple[str, str]:
    """Guess which of the old encodings a text is in, by its lines that aren't plain ASCII."""
    telling = b"\n".join(line for line in content.splitlines() if not line.isascii())
    telling = telling[:_GUESSED_BY]
    best = from_bytes(telling, cp_isolation=_OLD_ENCODINGS).best()
    if best is None:
        raise Refused(NO_TABLE)
    encoding = _by_words(telling) or best.encoding
    return encoding, content.decode(encoding, "replace")


def _by_words(text: bytes) -> str | None:
    """The old encoding that a text's words and signs show; None if they show neither.

    A word of Latin and other letters, such as Café, is Western; one of other letters only is
    Cyrillic. Without such words, the signs that the two encodings write differently decide.
    """
    western = len(_MIXED_WORD.findall(text))
    cyrillic = len(_CYRILLIC_WORD.findall(text)) + len(_BULGARIAN_DAY.findall(text))
    if western != cyrillic:
        return "cp1252" if western > cyrillic else "cp1251"
    western, cyrillic = text.count(_EURO_1252), sum(text.count(sign) for sign in _SIGNS_1251)
    if western != cyrillic:
        return "cp1252" if western > cyrillic else "cp1251"
    return None


def _separator(text: str) -> str:
    """The character that separates the cells: the one that makes the first rows equally long."""
    return max(SEPARATORS, key=lambda each: _fits(text, each))


def _fits(text: str, separator: str) -> tuple[bool, int, int]:
    """Whether the first row has several cells, how many rows are as long, and how long they are.

    Without such a first row it is taken for a title, and the first row of several cells counts.
    """
    sample = io.StringIO(text[:100_000], newline="")
    try:
        rows = list(islice(csv.reader(sample, delimiter=separator), _LOOKED_AT))
    except csv.Error:
        return False, 0, 0
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    wide = next((len(row) for row in filled if len(row) > 1), 0)
    alike = sum(len(row) == wide for row in filled)
    return bool(filled) and len(filled[0]) > 1, alike, wide
