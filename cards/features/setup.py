"""Linking a space to its partner."""

from collections.abc import Iterator, Sequence

from cards.kit import kit
from cards.kit.fields import Choices
from cards.kit.forms import Form, Invalid, choose, emails, number, text
from cards.kit.kit import Card
from cards.kit.places import country, language, time_zone
from cards.kit.refusals import explains
from cards.kit.rules import on_new_space
from cards.kit.word import word_button
from cards.kit.words import N_, Message, Words, bullets, dotted, paragraphs
from store.features.setup import SETUP_NOT_ALLOWED, SPACE_TAKEN
from store.tables import Partner, Person, Space
from store.terms import Role

NEW = "new"
OF_A_NEW_PARTNER = frozenset({"name", "tier", "distributor"})


class SetUpSpace(
    Form, key="setup", rule=on_new_space(), title=N_("Set up this space"), submit=N_("Save")
):
    """Link this space to a partner, with its time zone, language and people."""

    partner: str = choose(N_("Partner"))
    name: str = text(N_("New partner's name"), required=False, max=100)
    tier: str = choose(
        N_("Tier"),
        (("1", N_("Tier 1")), ("2", N_("Tier 2: buys through a distributor"))),
        default="1",
    )
    distributor: str = text(
        N_("Distributor contact"), required=False, hint=N_("Tier 2 only."), max=200
    )
    time_zone: str = time_zone(N_("Time zone"), hint=N_("For example Europe/Sofia, or a city."))
    country: str = country(
        N_("Country"),
        required=False,
        hint=N_("Sets the public holidays if you want reminders on working days only."),
    )
    hour: int = number(N_("Reminder hour (0 to 23)"), min=0, max=23, default=9)
    language: str = language(N_("Language"), default="en")
    full: tuple[str, ...] = emails(
        N_("Partner full administrators"), required=False, hint=N_("One e-mail address per line.")
    )
    administrators: tuple[str, ...] = emails(N_("Partner administrators"), required=False)
    read_only: tuple[str, ...] = emails(N_("Partner read-only administrators"), required=False)

    def check(self) -> Iterator[tuple[str, Message]]:
        """Require a new partner's name and full administrator, and tier 2's distributor.

        Nobody may be listed under two roles.
        """
        if self.partner == NEW and not self.name:
            yield "name", Message(N_("The new partner needs a name. Enter it here."))
        if self.tier == "2" and not self.distributor:
            yield (
                "distributor",
                Message(N_("A tier 2 partner needs a distributor. Enter the distributor contact.")),
            )
        if self.partner == NEW and not self.full:
            yield (
                "full",
                Message(
                    N_("A partner needs at least one full administrator. Enter an e-mail address.")
                ),
            )
        twice = set(self.full) & {*self.administrators, *self.read_only}
        twice |= set(self.administrators) & set(self.read_only)
        for address in sorted(twice)[:1]:
            yield (
                "administrators",
                Message(
                    N_("{address} is listed under two roles. Keep only one."), {"address": address}
                ),
            )

    def roles(self) -> dict[str, Role]:
        """Return the role of each e-mail address."""
        return {
            **dict.fromkeys(self.read_only, Role.READ_ONLY),
            **dict.fromkeys(self.administrators, Role.ADMIN),
            **dict.fromkeys(self.full, Role.FULL),
        }


def setup_choices(partners: Sequence[Partner], words: Words, *, new: bool) -> dict[str, Choices]:
    """Return the partners that this person may link a space to."""
    known = [(str(partner.id), partner.name) for partner in partners]
    return {
        "partner": [*known, *([(NEW, words("New partner"))] if new else [])],
    }


def setup_card(
    partners: Sequence[Partner],
    words: Words,
    *,
    new: bool,
    by: Person,
    space: Space | None = None,
    problem: Invalid | None = None,
    said: str = "",
) -> Card:
    """Ask for a space's settings; a linked space's current ones are filled in."""
    choices = setup_choices(partners, words, new=new)
    values = _stands(space, partners, by, words)
    title = words("Set up this space")
    what = words(
        "Everyone in this space can see the partner's trials. Reminders come here, in the"
        " space's time zone."
    )
    elements = [
        kit.header(title),
        kit.notice(said, "attention") if said else None,
        kit.text(what),
        *SetUpSpace.inputs(
            words,
            problem.values if problem else values,
            problem.messages if problem else {},
            choices,
            only=None if new else SetUpSpace.fields.keys() - OF_A_NEW_PARTNER,
        ),
    ]
    return kit.card(
        words, paragraphs(title, said, what), elements, [SetUpSpace.button(words, style="positive")]
    )


def _stands(
    space: Space | None, partners: Sequence[Partner], by: Person, words: Words
) -> dict[str, object]:
    if space is None:
        first = str(partners[0].id) if partners else NEW
        own = {} if partners else {"full": (by.email,)}
        return {"partner": first, "language": words.language, **own}
    partner = next((known for known in partners if known.id == space.partner_id), None)
    return {
        "partner": str(space.partner_id),
        "tier": str(partner.tier) if partner else "1",
        "distributor": partner.distributor if partner else "",
        "time_zone": space.time_zone,
        "country": space.country,
        "hour": space.reminder_hour,
        "language": space.language,
    }


def linked_card(
    space: Space, partner: Partner, people: Sequence[tuple[Person, Role]], words: Words
) -> Card:
    """Show a linked space's settings, and the people with their roles."""
    title = words("This space is linked to {partner}.", partner=partner.name)
    who = [
        dotted(words.name(person), person.name and person.email, words.role(role))
        for person, role in people
    ]
    pairs = [
        (words("Tier"), words.number(partner.tier)),
        (words("Distributor"), partner.distributor),
        (words("Time zone"), space.time_zone),
        (words("Reminder time"), words("{n}:00", n=f"{space.reminder_hour:02d}")),
        (words("Language"), words.tongue(space.language)),
    ]
    elements = [
        kit.header(title),
        kit.facts(pairs),
        kit.section(words("People")),
        *map(kit.text, who[:40]),
    ]
    buttons = [
        word_button(words, N_("Start a trial"), "start", style="positive"),
        word_button(words, N_("Settings…"), "settings"),
        word_button(words, N_("Roles…"), "roles"),
        word_button(words, N_("Help"), "help"),
    ]
    return kit.card(words, paragraphs(title, bullets(who[:40])), elements, buttons)


def onlookers_text(names: Sequence[str], space: Space, words: Words) -> str:
    """Tell full administrators who sees a space's cards without having a role."""
    return words(
        "Every card in the space “{space}” can be seen by people with no role or from"
        " another organisation: {people}.",
        people=words.some(names),
        space=space.title,
    )


# ------------------------------------------------------------------ refusals

explains(
    SETUP_NOT_ALLOWED,
    N_(
        "You aren't allowed to set up a space. Ask a full administrator of the partner,"
        " or my operator."
    ),
)
explains(SPACE_TAKEN, N_("This space is already linked to a partner."))
