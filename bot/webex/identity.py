"""The bot's identity and its webhook secret, stored in the database for all processes."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.settings import Settings
from store import flags
from store.database.database import Database
from store.rules.spelling import webex_id
from store.tables import Flag

if TYPE_CHECKING:
    from bot.webex.gateway import Gateway

ME, SECRET = "me", "webhook-secret"


@dataclass(frozen=True, slots=True)
class Identity:
    """The bot as Webex knows it."""

    person_id: str
    name: str
    emails: tuple[str, ...]
    org_id: str

    def is_me(self, person_id: str) -> bool:
        """Whether a person's id is the bot's, whichever way Webex spells it."""
        return webex_id(person_id) == webex_id(self.person_id)


def introduce(gateway: "Gateway", database: Database) -> Identity:
    """Ask Webex who the bot is, and store it."""
    about = gateway.me()
    facts = {key: about.get(key) for key in ("id", "displayName", "emails", "orgId")}
    with database.transaction() as session:
        flags.remember(session, ME, facts)
    return _identity(facts)


def remembered(database: Database) -> Identity | None:
    """The bot's identity as last stored, if any."""
    with database.reading() as session:
        flag = session.get(Flag, ME)
    return _identity(flag.value) if flag else None


def secret(settings: Settings, database: Database) -> bytes:
    """The secret that signs webhooks; if none is set (the sandbox), generate and store one."""
    given = settings.webhook_secret.get_secret_value()
    if given:
        return given.encode()
    with database.transaction() as session:
        kept = session.get(Flag, SECRET)
        made_up = {"secret": secrets.token_hex(32)}
        value = kept.value if kept else flags.agree(session, SECRET, made_up)
    return str(value["secret"]).encode()


def _identity(facts: dict[str, Any]) -> Identity:
    return Identity(
        str(facts["id"]),
        str(facts["displayName"] or ""),
        tuple(facts["emails"] or ()),
        str(facts["orgId"] or ""),
    )
