"""Settings of a space (time zone, language, reminders) and of a partner (defaults for trials)."""

from collections.abc import Iterator

from cards.kit import kit
from cards.kit.behind import behind
from cards.kit.forms import Form, Invalid, carried, choose, number, numbers, text, tick
from cards.kit.kit import Action, Card
from cards.kit.places import country, language, time_zone
from cards.kit.rules import here, on_partner, on_space
from cards.kit.words import N_, Message, Words, bold, dotted, languages, paragraphs
from store.rules import rights
from store.tables import Partner, Space, id_of

TIERS = (
    ("1", N_("Tier 1: we order directly")),
    ("2", N_("Tier 2: we order through a distributor")),
)


class SetSpace(
    Form,
    key="settings.space",
    rule=on_space(rights.Action.SETTINGS),
    title=N_("This space"),
    submit=N_("Save"),
):
    """A space's settings."""

    space: int = carried()
    time_zone: str = time_zone(N_("Time zone"))
    reminder_hour: int = number(N_("Reminder hour (0 to 23)"), max=23)
    language: str = language(N_("Language"))
    country: str = country(N_("Country for public holidays"), required=False)
    working_days: bool = tick(N_("Send reminders on working days only"))
    weekly_digest: bool = tick(N_("Send a Monday summary"))


class SetPartner(
    Form,
    key="settings.partner",
    rule=on_partner(rights.Action.SETTINGS),
    title=N_("Partner settings"),
    submit=N_("Save partner settings"),
):
    """A partner's settings, with the defaults for its trials."""

    partner: int = carried()
    name: str = text(N_("Name"), max=100)
    tier: int = choose(N_("Tier"), TIERS)
    distributor: str = text(N_("Distributor contact (tier 2 only)"), required=False)
    customer_notices: bool = tick(N_("Remind customers too (can be changed for each trial)"))
    extension_days: tuple[int, ...] = numbers(N_("Extension durations (days)"))
    durations: tuple[int, ...] = numbers(N_("Trial durations (days)"))

    def check(self) -> Iterator[tuple[str, Message]]:
        """Require a distributor for tier 2, which converts through one."""
        if self.tier == 2 and not self.distributor:
            yield (
                "distributor",
                Message(N_("A tier 2 partner needs a distributor. Enter the distributor contact.")),
            )


class SetLanguage(
    Form,
    key="settings.language",
    rule=here(rights.Action.SETTINGS),
    title=N_("Language"),
    submit=N_("Save"),
):
    """The language of a private chat or of a space."""

    language: str = language(N_("Language"), expanded=True)


def settings_card(
    partner: Partner,
    space: Space | None,
    *,
    words: Words,
    said: str = "",
    problem: Invalid | None = None,
) -> Card:
    """Show a space's settings and, behind a button, its partner's."""
    of_space = problem if problem and problem.form is SetSpace else None
    title = words("Settings for {partner}", partner=partner.name)
    elements = [
        kit.header(title, space.title if space else ""),
        kit.notice(said, "good") if said else None,
    ]
    buttons: list[Action | None] = []
    if space is not None:
        elements += SetSpace.inputs(
            words,
            of_space.values if of_space else _of(space, SetSpace),
            of_space.messages if of_space else {},
        )
        buttons.append(SetSpace.button(words, style="positive", space=id_of(space)))
    partners = behind(
        SetPartner,
        words,
        scope="partner",
        title=words("Partner settings…"),
        values=_of(partner, SetPartner),
        problem=problem,
        partner=id_of(partner),
    )
    elements.append(partners.opened)
    buttons.append(partners.button)
    about = dotted(space.time_zone, f"{space.reminder_hour}:00") if space else ""
    return kit.card(words, paragraphs(bold(title), said, about), elements, buttons)


def language_card(now: str, *, words: Words) -> Card:
    """Ask for the language."""
    elements = [kit.header(words("Language")), *SetLanguage.inputs(words, {"language": now})]
    text = words(
        "Type *language* followed by one of these: {languages}.",
        languages=words.join(map(words.tongue, languages())),
    )
    return kit.card(words, text, elements, [SetLanguage.button(words, style="positive")])


def _of(row: Space | Partner, form: type[Form]) -> dict[str, object]:
    """Return the current settings."""
    known = {name: getattr(row, name, None) for name, field in form.fields.items() if field.visible}
    return {name: value for name, value in known.items() if value is not None}
