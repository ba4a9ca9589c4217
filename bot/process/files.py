"""Trials from and to files on the command line: the same operations as in a conversation."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlmodel import Session, col, select

from bot.engine.context import Context
from cards.features.export import trials_file
from cards.features.import_rows import Parsed, parse
from cards.features.import_trials import named, questions, row_text
from cards.kit.refusals import refusal
from cards.kit.words import Words, plain
from store.act import Act
from store.features import export, import_bulk, import_trials, settings, uploads
from store.features.import_trials import Examined
from store.features.shared import people
from store.refusals import Refused
from store.rules.columns import service_of
from store.rules.imports import Answers, Order
from store.rules.spelling import name_key
from store.tables import Partner, Person, Space, id_of
from store.terms import Role

_OPTIONS = {
    "order": "--dates",
    "first_day": "--first-day",
    "duration": "--duration",
    "services": "--service",
}
_LISTED = 100
"""How many of the rows that can't be imported are printed."""


def import_file(
    context: Context,
    file: str,
    *,
    space: str,
    acts: str | None,
    dates: str | None,
    first_day: datetime | None,
    duration: int | None,
    service: Sequence[str],
    yes: bool,
) -> None:
    """Import a file after saying what that would do. Raises `click.ClickException`."""
    words = Words()
    try:
        parsed = parse(Path(file).read_bytes(), _reading)
        order = Order(dates) if dates else None
        answers = Answers(order, first_day.date() if first_day else None, duration, _named(service))
        _check(parsed, answers, words)
        count = _import(context, Path(file).name, parsed, answers, space, acts, yes=yes)
    except Refused as no:
        raise click.ClickException(plain(refusal(words, no))) from None
    if count:
        _plan(context, count)
        click.echo(f"{count} trials imported.")


def _reading(rows: Sequence[Any]) -> Iterator[Any]:
    with click.progressbar(rows, label="Reading") as bar:
        yield from bar


def _named(services: Sequence[str]) -> tuple[Any, ...]:
    unknown = [name for name in services if service_of(name) is None]
    if unknown:
        raise click.ClickException(f"{unknown[0]} isn't a service")
    return tuple(service_of(name) for name in services)


def _check(parsed: Parsed, answers: Answers, words: Words) -> None:
    """Check that nothing needed is missing in the file and on the command line."""
    found = parsed.about()["found"]
    if found["missing"]:
        raise click.ClickException(f"no column for this: {', '.join(found['missing'])}")
    open_ = [name for name in questions(found) if getattr(answers, name) in (None, ())]
    if open_:
        options = " and ".join(_OPTIONS[name] for name in open_)
        raise click.ClickException(f"the file doesn't say everything: give {options}")
    for heading, column in found["columns"].items():
        click.echo(f"{heading} → {column}" if heading != column else heading)
    if found["ignored"]:
        click.echo(f"ignored: {', '.join(found['ignored'])}")


def _import(
    context: Context,
    name: str,
    parsed: Parsed,
    answers: Answers,
    space: str,
    acts: str | None,
    *,
    yes: bool,
) -> int:
    """Import in one transaction, once the operator has agreed; return how many trials."""
    now, about = context.calendar.now(), parsed.about()
    with context.database.transaction() as session:
        place = _space(session, space)
        act = Act(_administrator(session, place, acts), now)
        upload = uploads.keep(session, act, place, file_name=name, rows=parsed.rows, about=about)
        number, digest = id_of(upload), uploads.answer(session, upload, act, answers).digest
        partner_id, examined = upload.partner_id, import_trials.examine(session, upload, act)
    _say(about, examined)
    agreed = bool(examined.trials) and (yes or click.confirm("Import them?"))
    with context.database.transaction() as session:
        act = Act(session.get_one(Person, id_of(act.who)), now)
        upload = uploads.hold(session, number, act, partner_id=partner_id, digest=digest)
        if agreed:
            return len(import_bulk.write(session, upload, act, examined).trials)
        uploads.drop(session, upload)
    return 0


def _say(about: dict[str, Any], examined: Examined) -> None:
    words = Words()
    unfit = named(about, examined.unfit)
    for each in unfit[:_LISTED]:
        click.echo(plain(row_text(each, words)))
    if len(unfit) > _LISTED:
        click.echo(f"and {len(unfit) - _LISTED} more")
    click.echo(
        f"{len(examined.trials)} trials can be imported, {examined.there} rows are here already,"
        f" {len(unfit)} can't be imported."
    )


def _plan(context: Context, count: int) -> None:
    """Plan the reminders of new trials; a running bot may be doing the same."""
    batches = range(count // settings.BATCH + 1)
    with click.progressbar(batches, label="Planning reminders") as bar:
        for _ in bar:
            with context.database.transaction() as session:
                settings.replan_some(session, now=context.calendar.now())


def _space(session: Session, wanted: str) -> Space:
    spaces = session.exec(select(Space).where(col(Space.state) == "linked")).all()
    found = [one for one in spaces if wanted in (one.room_id, one.title)]
    if len(found) != 1:
        many = "several spaces have" if found else "no linked space has"
        raise click.ClickException(f"{many} this title or id: {wanted}")
    return found[0]


def _administrator(session: Session, space: Space, email: str | None) -> Person:
    """The full administrator who acts: the one who is named, else the first."""
    full = [person for person, _ in people.with_roles(session, space.partner_id, Role.FULL)]
    wanted = (email or "").strip().lower()
    found = [person for person in full if not wanted or wanted in (person.email, *person.emails)]
    if not found:
        raise click.ClickException(f"not a full administrator of the space's partner: {wanted}")
    return found[0]


def export_file(context: Context, file: str, partner: str | None) -> int:
    """Write a partner's trials; return how many. Raises `click.ClickException`."""
    now = context.calendar.now()
    with context.database.reading() as session:
        number = _partner(session.exec(select(Partner)).all(), partner)
        trials = export.of_partners(session, [number])
        with click.progressbar(trials.each, trials.count, label="Writing") as bar:
            content = trials_file(bar, trials.starters, words=Words(), now=now).content
    try:
        Path(file).write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{file} can't be written: {error.strerror}") from None
    return trials.count


def _partner(partners: Iterable[Partner], wanted: str | None) -> int:
    names = {id_of(each): each.name for each in partners}
    found = [
        number
        for number, name in names.items()
        if wanted in (None, str(number)) or name_key(name) == name_key(wanted or "")
    ]
    if len(found) != 1:
        listed = ", ".join(f"{name} ({number})" for number, name in names.items())
        raise click.ClickException(f"name one partner with --partner: {listed}")
    return found[0]
