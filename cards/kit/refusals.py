"""Why something can't be done, as a sentence that also says what to do instead."""

from datetime import datetime
from enum import StrEnum

from cards.kit.names import NAMES
from cards.kit.words import N_, Md, Words
from store.refusals import (
    DAY_IN_FUTURE,
    DAY_TOO_EARLY,
    NO_SUCH_PERSON,
    NOT_ALLOWED,
    NOT_FOUND,
    NOT_LINKED,
    NOTHING_FOR_YOU,
    NOTHING_TO_DO,
    OLD_CARD,
    OTHER_PARTNERS_SPACE,
    WRONG_STATUS,
    Reason,
    Refused,
)
from store.terms import Status

sentences: dict[Reason, tuple[str, ...]] = {}
"""For each reason its sentences, the one with most facts first."""


def explains(reason: Reason, *texts: str) -> None:
    """Declare the sentences (message ids) for a reason; the last one may do without facts."""
    if reason in sentences:
        raise ValueError(f"{reason} has sentences already")
    sentences[reason] = texts


def refusal(words: Words, refused: Refused, time_zone: str = "UTC") -> Md:
    """Say why not, with as many facts as the refusal brought; clock times in `time_zone`."""
    facts = {name: _said(words, fact, time_zone) for name, fact in refused.facts.items()}
    for sentence in sentences[refused.reason]:
        try:
            return words(sentence, **facts)
        except KeyError:
            continue
    raise LookupError(f"no sentence for {refused.reason} with {sorted(facts)}")


def _said(words: Words, fact: object, time_zone: str) -> object:
    match fact:
        case datetime():
            return words.instant(fact, time_zone)
        case Status():
            return words.status(fact)
        case StrEnum() if type(fact) in NAMES:
            return words.term(type(fact), fact)
        case list() | tuple() | set() | frozenset():
            return words.join(words.fact(_said(words, part, time_zone)) for part in fact)
        case _:
            return fact


# ------------------------------------------------------------------ what many features refuse

explains(
    NOTHING_FOR_YOU,
    N_("Sorry, there is nothing here that I may show you. Type *help* to see what I do."),
)
explains(
    NOT_ALLOWED,
    N_("Your role doesn't allow this: only a {role} can do it."),
    N_(
        "Your role doesn't allow this. The person who started the trial, somebody assigned to"
        " it or a partner full administrator can do it."
    ),
)
explains(
    OTHER_PARTNERS_SPACE,
    N_("This space belongs to another partner. Please do this in your own partner's space."),
)
explains(NOT_LINKED, N_("This space isn't linked to a partner yet. Type *setup* to link it."))
explains(
    NOT_FOUND,
    N_("I found nothing for “{text}”. Type *list* to see the trials."),
    N_("I found nothing like that. Type *list* to see the trials."),
)
explains(OLD_CARD, N_("Things have changed since that card. Here is how they stand now."))
explains(
    WRONG_STATUS,
    N_("This trial is now “{status}”, and that can't be done with it any more."),
    N_("As the trial stands now, that can't be done with it."),
)
explains(
    DAY_IN_FUTURE,
    N_("{day} is still to come. Please enter the day on which it was done."),
    N_("That day is still to come. Please enter the day on which it was done."),
)
explains(
    DAY_TOO_EARLY,
    N_("{day} is too early: it can't have been done before {not_before}."),
    N_("That day is too early."),
)
explains(
    NO_SUCH_PERSON,
    N_("I know nobody with the address {email} here."),
    N_("I know nobody like that here. Please check the address."),
)
explains(NOTHING_TO_DO, N_("There is nothing to change: it is like this already."))
