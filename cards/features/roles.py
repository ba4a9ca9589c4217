"""The roles of a partner's people: giving, changing and removing them."""

import re
from collections.abc import Iterable, Mapping, Sequence

from cards.kit import kit
from cards.kit.behind import behind
from cards.kit.fields import FILL_IN, Choices
from cards.kit.forms import Form, Invalid, carried, choose, email, someone, tick
from cards.kit.kit import ButtonStyle, Card
from cards.kit.refusals import explains
from cards.kit.rows import fitting, rows
from cards.kit.rules import on_partner
from cards.kit.word import spellings
from cards.kit.words import N_, Md, Message, Words, bold, bullets, dotted, languages, paragraphs
from store.features.roles import LAST_FULL_ADMINISTRATOR, FormerRole
from store.refusals import NO_SUCH_PERSON
from store.rules import spelling
from store.rules.rights import Action
from store.tables import Partner, Person, Space, id_of
from store.terms import Role


class GiveRole(
    Form,
    key="roles.give",
    rule=on_partner(Action.ROLES),
    title=N_("Give or change a role"),
    submit=N_("Save role"),
    refused_at={LAST_FULL_ADMINISTRATOR: "role"},
):
    """Give somebody a role, or change the one they have."""

    partner: int = carried()
    email: str = email(N_("Webex e-mail address"))
    role: Role = choose(N_("Role"), Role, default=Role.ADMIN)


class TakeRole(
    Form,
    key="roles.take",
    rule=on_partner(Action.ROLES),
    title=N_("Remove a role"),
    submit=N_("Remove role"),
    refused_at={LAST_FULL_ADMINISTRATOR: "person", NO_SUCH_PERSON: "person"},
):
    """Remove somebody's role."""

    partner: int = carried()
    person: int = someone(N_("Person"))
    sure: bool = tick(N_("Yes, this person should no longer see any trials"), must=True)


class RemoveRole(Form, key="roles.remove", rule=on_partner(Action.ROLES), submit=N_("Remove role")):
    """Remove the role of somebody who is no longer in a space."""

    partner: int = carried()
    space: int = carried()
    person: int = carried()


class MoveRole(
    Form,
    key="roles.move",
    rule=on_partner(Action.ROLES, operators=True),
    submit=N_("Give the role to the new account"),
):
    """Move a role from somebody's former account to their new one."""

    partner: int = carried()
    former: int = carried()
    person: int = carried()


def roles_card(
    partner: Partner,
    roles: Sequence[tuple[Person, Role]],
    *,
    words: Words,
    may_change: bool,
    said: str = "",
    problem: Invalid | None = None,
) -> Card:
    """Show everybody with a role, and the forms to change roles if `may_change`.

    `said`: what has just changed.
    """
    return fitting(
        lambda most: _card(partner, roles, most, words, may_change, said=said, problem=problem)
    )


def _card(
    partner: Partner,
    roles: Sequence[tuple[Person, Role]],
    most: int,
    words: Words,
    may_change: bool,
    *,
    said: str,
    problem: Invalid | None,
) -> Card:
    lines = [_line(person, role, words) for person, role in roles]
    title = words("People at {partner}", partner=partner.name)
    elements = [
        kit.header(title),
        kit.notice(said, "good") if said else None,
        *rows(words, [kit.text(line, separator=True) for line in lines], most),
        kit.small(words("The role goes to the first Webex account with this address.")),
    ]
    choices = {"person": people_choices(person for person, _ in roles)}
    give, take = (
        behind(
            form,
            words,
            scope=form.key,
            choices=choices,
            problem=problem,
            style=style,
            partner=id_of(partner),
        )
        for form, style in _STYLES
    )
    buttons = [give.button, take.button] if may_change else []
    text = paragraphs(bold(title), said, bullets(lines))
    return kit.card(words, text, [*elements, give.opened, take.opened], buttons)


_STYLES: tuple[tuple[type[Form], ButtonStyle], ...] = (
    (GiveRole, "positive"),
    (TakeRole, "destructive"),
)


def people_choices(people: Iterable[Person]) -> Choices:
    """Return people as choices, by their ids."""
    return [(str(person.id), dotted(person.name, person.email)) for person in people]


def _line(person: Person, role: Role, words: Words) -> Md:
    unseen = "" if person.webex_id else words("not seen in Webex yet")
    return dotted(bold(words.name(person)), person.name and person.email, words.role(role), unseen)


# ------------------------------------------------------------------ news for full administrators


def left_card(
    person: Person, role: Role, space: Space, partner: Partner, *, words: Words, by: str = ""
) -> Card:
    """Tell a full administrator that somebody with a role is no longer in a space.

    `by`: who removed them, if known.
    """
    gone = N_("{person} is no longer in the space “{space}”.")
    removed = N_("{by} removed {person} from the space “{space}”.")
    who = _named(person, words)
    said = words(removed if by else gone, person=who, space=space.title, by=by)
    still = words(
        "Their role at {partner} stays: {role}. One to one, they can still work with trials and"
        " get reminders. If that's right, you don't need to do anything.",
        partner=partner.name,
        role=words.role(role),
    )
    button = RemoveRole.button(
        words,
        style="destructive",
        partner=id_of(partner),
        space=id_of(space),
        person=id_of(person),
    )
    return _news(words, said, still, [button])


def new_account_card(held: FormerRole, person: Person, *, words: Words) -> Card:
    """Tell who may give roles that somebody with a role has a new Webex account."""
    said = words(
        "{person} has a new Webex account, with the same address and organisation.",
        person=_named(person, words),
    )
    still = words(
        "The role at {partner} belongs to the former account: {role}. If this is the same person,"
        " give the role to the new account. If not, you don't need to do anything.",
        partner=held.partner.name,
        role=words.role(held.role),
    )
    button = MoveRole.button(
        words,
        style="positive",
        partner=id_of(held.partner),
        former=id_of(held.former),
        person=id_of(person),
    )
    return _news(words, said, still, [button])


def _news(words: Words, said: Md, still: Md, buttons: Sequence[kit.Action]) -> Card:
    return kit.card(words, paragraphs(said, still), [kit.text(said), kit.text(still)], buttons)


def _named(person: Person, words: Words) -> Md:
    return words("{person} ({email})", person=words.name(person), email=person.email)


# ------------------------------------------------------------------ typed commands


def typed_role(typed: str, partner: Partner) -> GiveRole:
    """Parse an address and a role. Raises `Invalid`."""
    found = _ADDRESS_AND_ROLE.fullmatch(typed)
    address, role = found.groups() if found else (typed, "")
    values = {"partner": str(partner.id), "email": address, "role": role_called(role)}
    if not role.strip():
        raise Invalid(GiveRole, values, {"role": Message(FILL_IN)})
    return GiveRole.parse(values)


SHORT: Mapping[Role, str] = {
    Role.FULL: N_("full administrator"),
    Role.ADMIN: N_("administrator"),
    Role.READ_ONLY: N_("read-only administrator"),
}
"""The roles as people type them."""

_ADDRESS_AND_ROLE = re.compile(r"\s*(.*@\S*|\S+)\s*(.*)", re.DOTALL)


def role_called(typed: str) -> str:
    """Return the role with this current or former Partner Hub name, else the input."""
    known = {
        spelling.word(way): role
        for words in map(Words, languages())
        for role in Role
        for way in (words.role(role), *spellings(words, SHORT[role]))
    }
    spelled = spelling.word(typed.replace("-", " "))
    bare = spelled.removeprefix("partner ").removeprefix("sales ").replace("administrator", "admin")
    return known.get(spelling.word(typed)) or _SPELLED.get(bare) or typed


_SPELLED = {
    "full admin": Role.FULL,
    "full": Role.FULL,
    "admin": Role.ADMIN,
    "read only admin": Role.READ_ONLY,
    "read only": Role.READ_ONLY,
}
"""The roles without "partner", or "sales" as in their former names.

Rule: docs/domain.md#roles.
"""


# ------------------------------------------------------------------ refusals

explains(
    LAST_FULL_ADMINISTRATOR,
    N_("A partner needs at least one full administrator. Add another one first."),
)
