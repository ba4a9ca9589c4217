"""Refusals as sentences that also say what to do instead."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from cards.kit.names import NAMES
from cards.kit.words import N_, Md, Words
from store.refusals import (
    DAY_IN_FUTURE,
    DAY_TOO_EARLY,
    DAY_TOO_LATE,
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

LONGEST_FACT = 100
"""Characters of what people typed that a refusal repeats."""

sentences: dict[Reason, tuple[str, ...]] = {}
"""The sentences for each reason, the one with the most facts first."""


def explains(reason: Reason, *texts: str) -> None:
    """Declare the sentences (message ids) for a reason; the last one needs no facts.

    Raises ValueError if the reason already has sentences.
    """
    if reason in sentences:
        raise ValueError(f"{reason} has sentences already")
    sentences[reason] = texts


def refusal(words: Words, refused: Refused, time_zone: str = "UTC") -> Md:
    """Explain a refusal with as many of its facts as possible; clock times are in `time_zone`.

    Raises LookupError if no sentence fits the facts.
    """
    facts = {name: _said(words, fact, time_zone) for name, fact in refused.facts.items()}
    for sentence in sentences[refused.reason]:
        try:
            return words(sentence, **facts)
        except KeyError:
            continue
    raise LookupError(f"no sentence for {refused.reason} with {sorted(facts)}")


def wrong_day(field: str) -> Mapping[Reason, str]:
    """For a form's `refused_at`: show a day that can't be right at this field."""
    return {DAY_IN_FUTURE: field, DAY_TOO_EARLY: field, DAY_TOO_LATE: field}


def _said(words: Words, fact: object, time_zone: str) -> object:
    match fact:
        case datetime():
            return words.instant(fact, time_zone)
        case Status():
            return words.status(fact)
        case StrEnum() if type(fact) in NAMES:
            return words.term(type(fact), fact)
        case str() if not isinstance(fact, Md) and len(fact) > LONGEST_FACT:
            return f"{fact[:LONGEST_FACT]}…"
        case list() | tuple() | set() | frozenset():
            return words.join(words.fact(_said(words, part, time_zone)) for part in fact)
        case _:
            return fact


# ------------------------------------------------------------------ refusals of several features

explains(
    NOTHING_FOR_YOU,
    N_("Sorry, there's nothing I can show you here. Type *help* to see what I can do."),
)
explains(
    NOT_ALLOWED,
    N_("Your role doesn't allow this. Role needed: {role}."),
    N_(
        "Your role doesn't allow this. Ask the person who started the trial, someone"
        " assigned to it, or a partner full administrator."
    ),
)
explains(
    OTHER_PARTNERS_SPACE,
    N_("This space belongs to another partner. Use your own partner's space."),
)
explains(NOT_LINKED, N_("This space isn't linked to a partner yet. Type *setup* to link it."))
explains(
    NOT_FOUND,
    N_("Nothing found for “{text}”. Type *list* to see the trials."),
    N_("Nothing found. Type *list* to see the trials."),
)
explains(OLD_CARD, N_("That card is out of date. Here's the latest."))
explains(
    WRONG_STATUS,
    N_("You can't do that: the trial's status is “{status}”."),
    N_("You can't do that in the trial's current status."),
)
explains(
    DAY_IN_FUTURE,
    N_("{day} is in the future. Enter the day it was done."),
    N_("That day is in the future. Enter the day it was done."),
)
explains(
    DAY_TOO_EARLY,
    N_("{day} is too early. Enter {not_before} or later."),
    N_("That day is too early. Enter a later day."),
)
explains(
    DAY_TOO_LATE,
    N_("{day} is too late. Enter {not_after} or earlier."),
    N_("That day is too late. Enter an earlier day."),
)
explains(
    NO_SUCH_PERSON,
    N_("I don't know anyone with the address {email}. Check the address."),
    N_("I don't know that person here. Check the name or address."),
)
explains(NOTHING_TO_DO, N_("Nothing to change."))
