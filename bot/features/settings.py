"""The commands `settings` and `language`: how and when the bot writes, and a partner's defaults."""

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.routes import command, on
from bot.conversation.turn import Turn
from bot.features.shared import partner as partners
from cards.features.settings import (
    SetLanguage,
    SetPartner,
    SetSpace,
    language_card,
    settings_card,
)
from cards.kit.forms import Invalid
from cards.kit.kit import Card
from cards.kit.rules import here, with_role
from cards.kit.words import N_, Words, languages
from store.features import settings, spaces
from store.features.settings import PartnerSettings, SpaceSettings
from store.rules import spelling
from store.rules.rights import Action
from store.say import Say
from store.tables import Partner, Space, id_of


@command(
    "settings",
    rule=with_role(Action.SETTINGS),
    help=N_(
        "Set the time zone, reminder hour, working days and defaults (full administrators only)."
    ),
)
def show_settings(turn: Turn) -> Sequence[Say]:
    """Show the settings of this space or, in a private chat, of all spaces."""
    cards = [
        settings_card(partner, space, words=turn.words)
        for partner, _ in partners.mine(turn, Action.SETTINGS)
        for space in _spaces(turn, partner)
    ]
    return partners.one_each(turn, cards)


def _spaces(turn: Turn, partner: Partner) -> Sequence[Space | None]:
    if turn.space is not None:
        return [turn.space]
    return spaces.spaces_of(turn.session, id_of(partner)) or [None]


# ------------------------------------------------------------------ a space


def _again_space(turn: Turn, problem: Invalid) -> Sequence[Say]:
    partner, space = _carried(turn, int(problem.values["space"]))
    return [turn.answer(*settings_card(partner, space, words=turn.words, problem=problem))]


@on(SetSpace, ask_again=_again_space)
def set_space(turn: Turn, form: SetSpace) -> Sequence[Say]:
    """Change a space's settings."""
    partner, _ = _carried(turn, form.space)
    wanted = SpaceSettings(
        time_zone=form.time_zone,
        reminder_hour=form.reminder_hour,
        country=form.country,
        working_days=form.working_days,
        weekly_digest=form.weekly_digest,
        language=form.language,
    )
    space = settings.set_space(turn.session, form.space, wanted, by=turn.by, now=turn.now)
    words = _words(turn, space)
    said = words(
        "Saved. I'll send reminders at {hour}:00 ({zone}).",
        hour=f"{space.reminder_hour:02d}",
        zone=space.time_zone,
    )
    return [turn.answer(*settings_card(partner, space, words=words, said=said))]


def _carried(turn: Turn, space_id: int) -> tuple[Partner, Space]:
    space = turn.session.get_one(Space, space_id)
    partner, _ = partners.carried(turn, space.partner_id, Action.SETTINGS)
    return partner, space


def _words(turn: Turn, space: Space) -> Words:
    here = turn.space is not None and turn.space.id == space.id
    return Words(space.language) if here else turn.words


# ------------------------------------------------------------------ a partner


def _again_partner(turn: Turn, problem: Invalid) -> Sequence[Say]:
    partner, _ = partners.carried(turn, int(problem.values["partner"]), Action.SETTINGS)
    return [turn.answer(*_of_partner(turn, partner, problem=problem))]


@on(SetPartner, ask_again=_again_partner)
def set_partner(turn: Turn, form: SetPartner) -> Sequence[Say]:
    """Change a partner's settings, with the defaults for its trials."""
    partners.carried(turn, form.partner, Action.SETTINGS)
    wanted = PartnerSettings(
        name=form.name,
        tier=form.tier,
        distributor=form.distributor,
        customer_notices=form.customer_notices,
        extension_days=form.extension_days,
        durations=form.durations,
    )
    partner = settings.set_partner(turn.session, form.partner, wanted, by=turn.by)
    said = turn.words("Saved. Running trials keep their current settings.")
    return [turn.answer(*_of_partner(turn, partner, said=said))]


def _of_partner(
    turn: Turn, partner: Partner, *, said: str = "", problem: Invalid | None = None
) -> Card:
    space = _spaces(turn, partner)[0]
    return settings_card(partner, space, words=turn.words, said=said, problem=problem)


# ------------------------------------------------------------------ a language


@command(
    "language",
    rule=here(Action.SETTINGS),
    takes=N_("[name]"),
    help=N_("Change my language here (in a space: full administrators only)."),
)
def ask_language(turn: Turn) -> Sequence[Say]:
    """Switch to the language that was typed, or ask which one."""
    if turn.rest:
        named = {
            spelling.word(words.tongue(tongue)): tongue
            for words in map(Words, languages())
            for tongue in languages()
        }
        typed = spelling.word(turn.rest)
        return speak(turn, SetLanguage.parse({"language": named.get(typed, typed)}))
    return [turn.answer(*language_card(turn.words.language, words=turn.words))]


@on(SetLanguage)
def speak(turn: Turn, form: SetLanguage) -> Sequence[Say]:
    """Set the language: in a private chat one's own, in a space everybody's."""
    if turn.space is not None:
        partners.carried(turn, turn.space.partner_id, Action.SETTINGS)
        wanted = replace(SpaceSettings.of(turn.space), language=form.language)
        settings.set_space(turn.session, id_of(turn.space), wanted, by=turn.by, now=turn.now)
    else:
        settings.set_language(turn.session, id_of(turn.by), form.language)
    words = Words(form.language)
    said = words("I'll use {language} here from now on.", language=words.tongue(form.language))
    return [turn.answer(said)]
