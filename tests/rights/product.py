"""Who may press and type what, where, as the product says (docs/domain.md#roles).

The rules beside the forms and words are what is tested, so nothing here comes from them:
`forms.md` and `words.md` are written by hand. A new form or word needs a row there.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from store.terms import Role
from tests.rights.world import HARBOUR, SUMMIT, Place, Somebody, Things


class May(StrEnum):
    """What somebody needs: an action of a partner's role, or to be a certain person."""

    LOOK = "see all of the partner's trials"
    START = "start trials"
    CHANGE = "change a trial that they started or are assigned to"
    RUN = "settings, roles, assigning and correcting"
    GO_ON = "have this draft open, and the right to start trials"
    DECIDE = "be asked, as a full administrator of the customer, one to one"
    HEAR = "be the customer's administrator, one to one"
    SPEAK = "one to one: anybody, for themselves; in a space: as settings"
    LINK = "an unlinked room: be a full administrator; a linked one: of its partner"
    ASK_TO_LINK = "as LINK; the partner's people see how their space is set up"
    ANYBODY = "be anybody"


class About(StrEnum):
    """What the ids of a press or word name."""

    ONE = "a trial, draft, partner or space by id"
    HERE = "the partner of this place, one to one all of one's own"
    ALONE = "a partner or space by id, one to one"


class Expected(StrEnum):
    """What a press or word must come to."""

    ANSWERED = "answered, not refused by right or place"
    OFFERED = "a colleague's draft: offered a copy, and nothing changed"
    REFUSED = "refused"
    SILENT = "not answered"


@dataclass(frozen=True)
class Rule:
    """A row of `forms.md` or `words.md`."""

    may: May
    about: About = About.ONE


def expected(who: Somebody, rule: Rule, place: Place, things: Things) -> Expected:
    """What the product says happens, for somebody in a place, with these ids."""
    if who.is_bot:
        return Expected.SILENT
    match rule.may:
        case May.ANYBODY:
            may = True
        case May.DECIDE:
            may = place is Place.ALONE and who.name == things.asked
        case May.HEAR:
            may = place is Place.ALONE and who.name == things.administrator
        case May.SPEAK:
            may = place is Place.ALONE or _runs(who, _PARTNERS[place])
        case May.LINK:
            may = _may_link(who, place)
        case May.ASK_TO_LINK:
            may = place is Place.ALONE or _PARTNERS[place] in who.roles or _may_link(who, place)
        case May.GO_ON:
            return _goes_on(who, place, things)
        case _:
            may = _may(who, rule, place, things)
    return Expected.ANSWERED if may else Expected.REFUSED


_PARTNERS = {Place.HARBOUR: HARBOUR, Place.SUMMIT: SUMMIT, Place.UNLINKED: "", Place.ALONE: ""}
_ROLES = {
    Role.FULL: {May.LOOK, May.START, May.CHANGE, May.RUN},
    Role.ADMIN: {May.LOOK, May.START, May.CHANGE},
    Role.READ_ONLY: {May.LOOK},
}


def _may(who: Somebody, rule: Rule, place: Place, things: Things) -> bool:
    partners = [HARBOUR, SUMMIT] if rule.about is About.HERE else [things.partner]
    if rule.about is About.ALONE and place is not Place.ALONE:
        return False
    if place is not Place.ALONE:
        partners = [partner for partner in partners if partner == _PARTNERS[place]]
    held = [who.roles[partner] for partner in partners if partner in who.roles]
    others = rule.may is May.CHANGE and who.name not in things.owners
    return any(rule.may in _ROLES[role] and not (others and role != Role.FULL) for role in held)


def _runs(who: Somebody, partner: str) -> bool:
    return who.roles.get(partner) == Role.FULL


def _may_link(who: Somebody, place: Place) -> bool:
    if place is Place.UNLINKED:
        return Role.FULL in who.roles.values()
    return _runs(who, _PARTNERS[place])


def _goes_on(who: Somebody, place: Place, things: Things) -> Expected:
    if not _may(who, Rule(May.START), place, things):
        return Expected.REFUSED
    return Expected.ANSWERED if who.name == things.draft_owner else Expected.OFFERED


def sees(who: Somebody, things: Things) -> bool:
    """Whether somebody may know at all that these things exist."""
    return things.partner in who.roles or who.name in (things.asked, things.administrator)


# ------------------------------------------------------------------ the table


def _rule(said: str) -> Rule:
    """Read a cell such as `look here`: May.LOOK, About.HERE."""
    name, _, last = said.rpartition(" ")
    about = {"here": About.HERE, "alone": About.ALONE}.get(last)
    return Rule(May[(name if about else said).replace(" ", "_").upper()], about or About.ONE)


def _rules(file: str) -> dict[str, Rule]:
    lines = (Path(__file__).parent / file).read_text().splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("|")][2:]
    return {what.strip(): _rule(may.strip()) for what, may in rows}


FORMS, WORDS = _rules("forms.md"), _rules("words.md")
"""The rows of both tables: forms by key, and what is typed."""
