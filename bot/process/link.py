"""Link a space from the command line: the same operation as on the card."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from bot.engine.context import Context
from cards.kit.refusals import refusal
from cards.kit.words import Words
from store.features import setup
from store.features.setup import PartnerFacts, SpaceFacts
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
    time_zone: str,
    language: str,
    country: str,
    hour: int,
    full: Sequence[str],
    administrator: Sequence[str],
    read_only: Sequence[str],
) -> int:
    """Link a space as the operator; return the partner's number.

    Raises `click.ClickException`.
    """
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise click.ClickException(f"{time_zone} is no time zone") from None
    lists = {Role.READ_ONLY: read_only, Role.ADMIN: administrator, Role.FULL: full}
    roles = {email: role for role, emails in lists.items() for email in emails}
    known = int(partner) if partner.isdigit() else None
    try:
        with context.database.transaction() as session:
            linked = setup.link_space(
                session,
                room_id=room_id,
                title=title,
                partner=known or PartnerFacts(partner, tier, distributor),
                space=SpaceFacts(time_zone, language, country.upper(), hour),
                roles=roles,
                by=None,
                operators=(),
                now=context.calendar.now(),
            )
            return linked.partner_id
    except Refused as no:
        raise click.ClickException(str(refusal(Words(), no))) from None
