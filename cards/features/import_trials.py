"""Importing trials: what was found in the file, what is asked once, and what importing would do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cards.kit import kit
from cards.kit.fields import Choices
from cards.kit.forms import Form, Invalid, carried, choose, choose_many, day, number
from cards.kit.history import tells
from cards.kit.kit import Action, Card, Element
from cards.kit.refusals import explains, refusal
from cards.kit.rules import on_partner
from cards.kit.words import N_, Md, Message, Words, bold, bullets, dotted, escape, paragraphs
from store.features.import_bulk import NOTHING_TO_IMPORT
from store.features.import_trials import IMPORTED, OUR_ADDRESS, REPEATED, Unfit
from store.features.uploads import UPLOAD_GONE
from store.refusals import Reason, Refused
from store.rules import rights
from store.rules.columns import Column
from store.rules.imports import (
    CONSENT_OVER,
    DAY_MISSING,
    ENDS_BEFORE_START,
    LONGEST,
    NO_SERVICE,
    NOT_AT_CISCO,
    SHORTEST,
    STATUS_DIFFERS,
    TOO_LONG,
    TRIAL_OVER,
    Order,
)
from store.rules.spreadsheet import NO_TABLE, TOO_MANY_ROWS
from store.terms import Service

NO_FILE = Reason("no-file")
SEVERAL_FILES = Reason("several-files")
FILE_SCANNED = Reason("file-scanned")
FILE_UNSAFE = Reason("file-unsafe")
FILE_TOO_LARGE = Reason("file-too-large")
FILE_GONE = Reason("file-gone")

PAGE = 8
"""How many rows that can't be imported a card names."""

ORDERS = (
    (Order.DAY_FIRST.value, N_("Day first: 03/04/2026 is 3 April")),
    (Order.MONTH_FIRST.value, N_("Month first: 03/04/2026 is 4 March")),
)
_ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1251": "Windows-1251",
    "cp1252": "Windows-1252",
}
_SEPARATORS = {
    ",": N_("comma"),
    ";": N_("semicolon"),
    "\t": N_("tab"),
    "|": N_("vertical bar"),
}


class OfUpload(Form):
    """A form about a file: whose it is, which, and what the card showed of it."""

    partner: int = carried()
    upload: int = carried()
    digest: str = carried()


class AnswerImport(
    OfUpload,
    key="import.answer",
    rule=on_partner(rights.Action.IMPORT),
    title=N_("Questions about the file"),
    submit=N_("Continue"),
):
    """What the file doesn't say, once for all of its rows."""

    space: int | None = choose(N_("Partner and space"), required=False, expanded=True)
    order: Order | None = choose(N_("How are its dates written?"), ORDERS, required=False)
    first_day: date | None = day(N_("First day of these trials"), required=False)
    duration: int | None = number(N_("Duration (days)"), min=SHORTEST, max=LONGEST, required=False)
    services: tuple[Service, ...] = choose_many(N_("Services"), Service, required=False)


class ConfirmImport(
    OfUpload, key="import.confirm", rule=on_partner(rights.Action.IMPORT), title=N_("Import")
):
    """Write every good row."""


class ShowImport(
    OfUpload, key="import.page", rule=on_partner(rights.Action.IMPORT), title=N_("More rows")
):
    """Show more of the rows that can't be imported."""

    page: int = carried()


class DropImport(
    OfUpload, key="import.drop", rule=on_partner(rights.Action.IMPORT), title=N_("Discard")
):
    """Forget the file."""


@dataclass(frozen=True, slots=True)
class Named:
    """A row that can't be imported: its line and customer, and why."""

    line: int
    name: str
    column: str
    why: Message | Refused


def named(about: Mapping[str, Any], unfit: Iterable[Unfit]) -> list[Named]:
    """The rows that can't be imported, in order: by what the file says, and by what is there."""
    flaws = [
        Named(each["line"], each["name"], each["column"], Message(each["message"], each["facts"]))
        for each in about["flaws"]
    ]
    others = [Named(each.line, each.name, "", each.why) for each in unfit]
    return sorted([*flaws, *others], key=lambda each: each.line)


def row_text(each: Named, words: Words) -> Md:
    """Name a row and say why it can't be imported."""
    return dotted(_place(each, words), _why(each, words))


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file is, and what importing it would do.

    `about`: as `import_rows.Found` says it. `carried`: what every button brings along. `asks`: the
    fields to fill in first. `notices`: whether the customers will get notices.
    """

    file_name: str
    about: Mapping[str, Any]
    carried: Mapping[str, Any]
    asks: Sequence[str] = ()
    space: str = ""
    good: int = 0
    there: int = 0
    unfit: Sequence[Named] = field(default=())
    notices: bool = False


def import_card(preview: Preview, *, words: Words, page: int = 0) -> Card:
    """Say what was found in a file and what importing it would do; nothing is written yet."""
    title = words("Import from {file}", file=preview.file_name)
    unfit = preview.unfit
    shown = unfit[page * PAGE : (page + 1) * PAGE]
    result = list(_result(preview, words))
    elements = [
        kit.header(title, words("Nothing has been written yet.")),
        kit.facts(_found(preview.about, words)),
        *(kit.text(sentence) for sentence in result),
        *(_row(each, words) for each in shown),
        _pages(len(unfit), page, words),
    ]
    lines = [row_text(each, words) for each in shown]
    text = paragraphs(bold(title), *result, bullets(lines) if lines else "")
    return kit.card(words, text, elements, _buttons(preview, len(unfit), page, words))


def _found(about: Mapping[str, Any], words: Words) -> Iterator[tuple[str, str]]:
    encoding = _ENCODINGS.get(about["encoding"], about["encoding"])
    separator = about["separator"]
    named = words(_SEPARATORS[separator]) if separator in _SEPARATORS else separator
    yield words("Encoding"), encoding
    yield words("Separator"), named
    columns = [_column(heading, name, words) for heading, name in about["columns"].items()]
    yield words("Columns"), words.some(columns)
    if about["ignored"]:
        yield words("Ignored columns"), words.some(about["ignored"])


def _column(heading: str, column: str, words: Words) -> Md:
    """Name a column of the file, and ours if it has another name."""
    name = words.term(Column, column)
    same = heading.casefold() in (column.casefold(), name.casefold())
    return escape(heading) if same else Md(f"{escape(heading)} → {name}")


def _result(preview: Preview, words: Words) -> Iterator[Md]:
    missing = preview.about["missing"]
    if missing:
        yield words(
            "I found no column for this: {columns}. Add it, with a heading, and send the file"
            " again.",
            columns=words.join([words.term(Column, each) for each in missing]),
        )
        return
    yield words.plural(
        "{n} trial can be imported into {space}.",
        "{n} trials can be imported into {space}.",
        preview.good,
        space=preview.space,
    )
    if preview.good and preview.notices:
        yield words(
            "Importing writes to no customer. Before their trials end, the customers get notices,"
            " as your settings say."
        )
    if preview.there:
        yield words.plural(
            "{n} row is already here and stays as it is.",
            "{n} rows are already here and stay as they are.",
            preview.there,
        )
    if preview.unfit:
        yield words.plural(
            "{n} row can't be imported:", "{n} rows can't be imported:", len(preview.unfit)
        )


def _row(each: Named, words: Words) -> Element:
    return kit.box(
        [kit.small(_place(each, words)), kit.text(_why(each, words), spacing="none")],
        separator=True,
    )


def _place(each: Named, words: Words) -> Md:
    line = words("Line {line}", line=str(each.line))
    column = words.term(Column, each.column) if each.column else ""
    return dotted(line, each.name or words("no name"), column)


def _why(each: Named, words: Words) -> Md:
    return refusal(words, each.why) if isinstance(each.why, Refused) else words(each.why)


def _pages(rows: int, page: int, words: Words) -> Element | None:
    pages = -(-rows // PAGE)
    if pages < 2:
        return None
    return kit.small(words("Page {n} of {pages}", n=page + 1, pages=pages))


def _buttons(preview: Preview, rows: int, page: int, words: Words) -> Iterator[Action]:
    if preview.good:
        title = words.plural("Import {n} trial", "Import {n} trials", preview.good)
        yield ConfirmImport.button(words, title, style="positive", **preview.carried)
    if page:
        yield ShowImport.button(words, words("Previous"), page=page - 1, **preview.carried)
    if (page + 1) * PAGE < rows:
        yield ShowImport.button(words, words("Next"), page=page + 1, **preview.carried)
    yield DropImport.button(words, **preview.carried)


def questions(found: Mapping[str, Any]) -> list[str]:
    """What to ask about a file, by field; a file without the needed columns isn't asked about."""
    asks = {
        "space": found.get("asks_space", False),
        "order": found["asks_order"],
        "first_day": found["asks_days"],
        "duration": found.get("asks_duration", found["asks_days"]),
        "services": found["asks_services"],
    }
    return [] if found["missing"] else [name for name, asked in asks.items() if asked]


def questions_card(
    preview: Preview, spaces: Choices = (), *, words: Words, problem: Invalid | None = None
) -> Card:
    """Ask what the file doesn't say, once for all of its rows; `spaces`: to choose from."""
    title = words("Import from {file}", file=preview.file_name)
    asked = [name for name in preview.asks if name != "duration" or "first_day" not in preview.asks]
    why = [words(_QUESTIONS[name]) for name in asked]
    elements = [
        kit.header(title, words("Nothing has been written yet.")),
        kit.facts(_found(preview.about, words)),
        *(kit.text(sentence) for sentence in why),
        *AnswerImport.inputs(
            words,
            problem.values if problem else {"duration": "30"},
            problem.messages if problem else {},
            {"space": spaces},
            only=preview.asks,
        ),
    ]
    buttons = [
        AnswerImport.button(words, style="positive", **preview.carried),
        DropImport.button(words, **preview.carried),
    ]
    return kit.card(words, paragraphs(bold(title), *why), elements, buttons)


_QUESTIONS = {
    "space": N_("Which partner and space are the trials for?"),
    "order": N_("Some dates in the file could have the day or the month first."),
    "first_day": N_("The file has no column with the first or the last day."),
    "duration": N_("The file doesn't say how long its trials run."),
    "services": N_("The file has no column with services."),
}


def dropped(words: Words) -> Md:
    """Say that a file is forgotten."""
    return words("Discarded. Nothing was imported.")


def imported(words: Words, who: str, n: int) -> Md:
    """Tell a space that trials were imported."""
    return words.plural("{who} imported {n} trial.", "{who} imported {n} trials.", n, who=who)


def done(words: Words, n: int, unfit: int) -> Md:
    """Say what was imported."""
    said = words.plural("{n} trial imported.", "{n} trials imported.", n)
    left = words.plural("{n} row was left out.", "{n} rows were left out.", unfit) if unfit else ""
    more = words("Reminders are planned from today on. Nobody was asked for consent.")
    return paragraphs(said, left, more)


# ------------------------------------------------------------------ history and refusals

tells(
    IMPORTED,
    N_("{who} imported this trial from {file}"),
    N_("{who} imported this trial"),
)

explains(
    NO_FILE,
    N_("Attach a CSV file to your message *import*. *export* shows which columns it can have."),
)
explains(
    SEVERAL_FILES,
    N_(
        "Your message has {n} files, and I imported none of them. Send each file in a message of"
        " its own, and import it before you send the next one."
    ),
    N_("I import one file at a time. Send each file in a message of its own."),
)
explains(
    FILE_SCANNED,
    N_("Webex is still scanning the file for viruses. Send it again in a few minutes."),
)
explains(
    FILE_UNSAFE,
    N_("Webex found the file unsafe or couldn't scan it, so I don't open it. Save it anew as CSV."),
)
explains(FILE_TOO_LARGE, N_("The file is larger than 5 MB. Split it into smaller ones."))
explains(FILE_GONE, N_("Webex doesn't give me the file. Send it again."))
explains(
    NO_TABLE,
    N_("This isn't a CSV file with headings. In Excel, save the sheet as “CSV UTF-8”."),
)
explains(
    TOO_MANY_ROWS,
    N_("The file has more than {most} rows. Split it into smaller ones."),
    N_("The file has too many rows. Split it into smaller ones."),
)
explains(UPLOAD_GONE, N_("This import is over, or a newer file replaced it. Send the file again."))
explains(NOTHING_TO_IMPORT, N_("There's nothing left to import."))
explains(
    OUR_ADDRESS,
    N_("{address} belongs to your own people or to a bot, not to the customer."),
    N_("The address belongs to your own people or to a bot, not to the customer."),
)
explains(
    REPEATED,
    N_("Line {line} already has this trial."),
    N_("Another line already has this trial."),
)
explains(
    DAY_MISSING,
    N_("No day is given: {column}."),
    N_("A day is missing."),
)
explains(
    ENDS_BEFORE_START,
    N_("It ends on {ends}, before its first day, {first}."),
    N_("It ends before its first day."),
)
explains(
    TOO_LONG,
    N_("It would run from {first} to {ends}: no trial is that long. Check both days."),
    N_("No trial is that long. Check both days."),
)
explains(TRIAL_OVER, N_("The trial is over, so there's nothing to remind you of."))
explains(
    CONSENT_OVER,
    N_("The time to consent was over on {day}."),
    N_("The time to consent is over."),
)
explains(NO_SERVICE, N_("No service is given."))
explains(
    NOT_AT_CISCO,
    N_("It isn't started in Partner Hub yet. Use *start* for it."),
)
explains(STATUS_DIFFERS, N_("The status and the dates contradict each other."))
