"""Link a space from the command line: the same operation as on the card."""

from collections.abc import Sequence

import click
from sqlmodel import Session

from bot.engine.context import Context
from cards.kit.fields import Text, Wrong
from cards.kit.places import Country, TimeZone
from cards.kit.refusals import refusal
from cards.kit.words import Words
from store.features import setup
from store.features.setup import PartnerFacts, SpaceFacts
from store.features.spaces import space_of
from store.refusals import Refused
from store.terms import Role


def link(
    context: Context,
    room_id: str,
    title: str,
    *,
    partner: str,
    tier: int,
    distributor: str,
    time_zone: str | None,
    language: str | None,
    country: str | None,
    hour: int | None,
    full: Sequence[str],
    administrator: Sequence[str],
    read_only: Sequence[str],
) -> int:
    """Link a space as the operator, or change a linked one; return the partner's number.

    What is None stays as it is. Raises `click.ClickException`.
    """
    facts = SpaceFacts(_zone(time_zone), language, _country(country), hour)
    lists = {Role.READ_ONLY: read_only, Role.ADMIN: administrator, Role.FULL: full}
    roles = {email: role for role, emails in lists.items() for email in emails}
    known = int(partner) if partner.isdigit() else None
    try:
        with context.database.transaction() as session:
            _need_zone(session, room_id, facts)
            linked = setup.link_space(
                session,
                room_id=room_id,
                title=title,
                partner=known or PartnerFacts(partner, tier, distributor),
                space=facts,
                roles=roles,
                by=None,
                operators=(),
                now=context.calendar.now(),
            )
            return linked.partner_id
    except Refused as no:
        raise click.ClickException(str(refusal(Words(), no))) from None


def _zone(typed: str | None) -> str | None:
    return typed and _read(TimeZone(label=""), typed)


def _country(typed: str | None) -> str | None:
    return typed and _read(Country(label=""), typed)


def _read(field: Text, typed: str) -> str:
    """Read an option as the form's field reads it. Raises `click.ClickException`."""
    try:
        return str(field.read(typed, None))
    except Wrong as wrong:
        said = str(Words()(wrong.message))
        raise click.ClickException(f"{typed}: {said}") from None


def _need_zone(session: Session, room_id: str, facts: SpaceFacts) -> None:
    if facts.time_zone is None and space_of(session, room_id) is None:
        raise click.ClickException("a new space needs --time-zone, such as Europe/Sofia")
