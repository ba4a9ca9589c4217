"""The command `import`: trials from a file, after a preview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.conversation.missing import Missing
from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from cards.features.import_rows import parse
from cards.features.import_trials import (
    FILE_GONE,
    FILE_SCANNED,
    FILE_TOO_LARGE,
    FILE_UNSAFE,
    NO_FILE,
    SEVERAL_FILES,
    AnswerImport,
    ConfirmImport,
    DropImport,
    OfUpload,
    Preview,
    ShowImport,
    done,
    dropped,
    import_card,
    imported,
    named,
    questions,
    questions_card,
)
from cards.features.start import where_choices
from cards.kit.fields import FILL_IN, Choices
from cards.kit.forms import Invalid
from cards.kit.rules import with_role
from cards.kit.words import N_, Message, Words, clean
from store.features import import_bulk, import_trials, uploads
from store.features.import_trials import Examined
from store.features.start import places
from store.refusals import Refused
from store.rules.imports import Answers
from store.rules.rights import Action
from store.say import Say, To
from store.tables import Partner, Space, Upload, id_of

_REASONS = {
    410: FILE_UNSAFE,
    413: FILE_TOO_LARGE,
    423: FILE_SCANNED,
    428: FILE_UNSAFE,
}


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that was read: its name, its rows as JSON, and what it says of itself."""

    name: str
    rows: str
    about: Mapping[str, Any]


def read_file(turn: Turn) -> Mapping[str, Any]:
    """Read the file. Refused: SEVERAL_FILES, NO_TABLE, TOO_MANY_ROWS."""
    if turn.fetched["files"] > 1:
        raise Refused(SEVERAL_FILES, n=turn.fetched["files"])
    file = turn.fetched["file"]
    return {"file": attached(*file)} if isinstance(file, tuple) else turn.fetched


def attached(name: str, content: bytes) -> Attached:
    """Read a file. Refused: NO_TABLE, TOO_MANY_ROWS."""
    parsed = parse(content)
    return Attached(clean(name)[:100], parsed.rows, parsed.about())


@command(
    "import",
    rule=with_role(Action.IMPORT),
    help=N_("Import trials from an attached CSV file (full administrators only)."),
    needs=["file"],
    prepare=read_file,
)
def ask(turn: Turn) -> Sequence[Say]:
    """Show what importing the attached file would do."""
    file = turn.fetched["file"]
    spaces = [turn.space] if turn.space else [space for space, _ in _places(turn)]
    if not isinstance(file, Attached):
        missing = isinstance(file, Missing)
        raise Refused(_REASONS.get(file.status, FILE_GONE) if missing else NO_FILE)
    upload = uploads.keep(
        turn.session,
        turn.act(),
        spaces[0],
        file_name=file.name,
        rows=file.rows,
        about=_with_space_asked(file.about, asked=len(spaces) > 1),
    )
    return [_show(turn, upload)]


def _places(turn: Turn) -> Sequence[tuple[Space, Partner]]:
    return places(turn.session, turn.by, Action.IMPORT)


def _with_space_asked(about: Mapping[str, Any], *, asked: bool) -> Mapping[str, Any]:
    """What a file says; one to one, it doesn't say for which of one's spaces it is."""
    return {**about, "found": {**about["found"], "asks_space": asked}}


def _show(turn: Turn, upload: Upload, page: int = 0) -> Say:
    """Show the questions or, without any, the preview."""
    if asks := _asks(upload):
        return _ask(turn, upload, asks)
    examined = import_trials.preview(turn.session, upload, turn.act())
    card = import_card(_preview(turn, upload, examined=examined), words=turn.words, page=page)
    return turn.answer(*card)


def _ask(turn: Turn, upload: Upload, asks: Sequence[str], problem: Invalid | None = None) -> Say:
    spaces = _spaces(turn)["space"] if "space" in asks else ()
    preview = _preview(turn, upload, asks)
    return turn.answer(*questions_card(preview, spaces, words=turn.words, problem=problem))


def _spaces(turn: Turn, inputs: Mapping[str, Any] = {}) -> Mapping[str, Choices]:
    """The spaces to choose from, one to one."""
    return {"space": where_choices(_places(turn)) if turn.direct else ()}


def _asks(upload: Upload) -> list[str]:
    """The questions that are open."""
    return [] if upload.answers else questions(upload.about["found"])


def _preview(
    turn: Turn, upload: Upload, asks: Sequence[str] = (), examined: Examined | None = None
) -> Preview:
    examined = examined or Examined()
    return Preview(
        upload.file_name,
        upload.about["found"],
        {"partner": upload.partner_id, "upload": id_of(upload), "digest": upload.digest},
        asks,
        turn.session.get_one(Space, upload.space_id).title,
        len(examined.trials),
        examined.there,
        named(upload.about, examined.unfit),
        turn.session.get_one(Partner, upload.partner_id).customer_notices,
    )


def _carried(turn: Turn, form: OfUpload) -> Upload:
    return uploads.hold(
        turn.session, form.upload, turn.act(), partner_id=form.partner, digest=form.digest
    )


def _again(turn: Turn, problem: Invalid) -> Sequence[Say]:
    values = problem.values
    upload = uploads.hold(
        turn.session,
        int(values["upload"]),
        turn.act(),
        partner_id=int(values["partner"]),
        digest=values["digest"],
    )
    return [_ask(turn, upload, _asks(upload), problem)]


@on(AnswerImport, choices=_spaces, ask_again=_again)
def take_answers(turn: Turn, form: AnswerImport) -> Sequence[Say]:
    """Keep what was asked for the whole file, and show the preview."""
    upload = _carried(turn, form)
    given = form.values()
    blank = [name for name in _asks(upload) if given[name] in (None, ())]
    if blank:
        raise form.wrong({name: Message(FILL_IN) for name in blank})
    answers = Answers(form.order, form.first_day, form.duration, form.services, form.space)
    return [_show(turn, uploads.answer(turn.session, upload, turn.act(), answers))]


@on(ShowImport)
def show_page(turn: Turn, form: ShowImport) -> Sequence[Say]:
    """Show other rows that can't be imported."""
    return [_show(turn, _carried(turn, form), form.page)]


def examined(turn: Turn, form: ConfirmImport) -> Mapping[str, Any]:
    """Examine the rows that are about to be written."""
    upload = uploads.look_at(
        turn.session, form.upload, turn.act(), partner_id=form.partner, digest=form.digest
    )
    return {"examined": import_trials.examine(turn.session, upload, turn.act())}


@on(ConfirmImport, prepare=examined)
def write(turn: Turn, form: ConfirmImport) -> Sequence[Say]:
    """Write every good row in one transaction, and tell the space."""
    upload = _carried(turn, form)
    flaws = len(upload.about["flaws"])
    space = turn.session.get_one(Space, upload.space_id)
    before = turn.fetched["examined"]
    written = import_bulk.write(turn.session, upload, turn.act(), before)
    count = len(written.trials)
    says = [turn.answer(done(turn.words, count, flaws + len(written.unfit)))]
    if turn.room_id != space.room_id:
        words = Words(space.language)
        said = imported(words, words.name(turn.by), count)
        says.append(Say(To.room(space.room_id), said))
    return says


@on(DropImport)
def drop(turn: Turn, form: DropImport) -> Sequence[Say]:
    """Forget the file."""
    uploads.drop(turn.session, _carried(turn, form))
    return [turn.answer(dropped(turn.words))]
