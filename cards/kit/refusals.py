"""Why something can't be done, as a sentence that also says what to do instead."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from cards.kit.names import NAMES
from cards.kit.words import N_, Md, Words
from store.refusals import Reason, Refused
from store.terms import Status

SENTENCES: Mapping[Reason, tuple[str, ...]] = {
    Reason.NOTHING_FOR_YOU: (
        N_("Sorry, there is nothing here that I may show you. Type *help* to see what I do."),
    ),
    Reason.NOT_ALLOWED: (
        N_("Your role doesn't allow this: only a {role} can do it."),
        N_(
            "Your role doesn't allow this. The person who started the trial, somebody assigned to"
            " it or a partner full administrator can do it."
        ),
    ),
    Reason.OTHER_PARTNERS_SPACE: (
        N_("This space belongs to another partner. Please do this in your own partner's space."),
    ),
    Reason.NOT_LINKED: (N_("This space isn't linked to a partner yet. Type *setup* to link it."),),
    Reason.SETUP_NOT_ALLOWED: (
        N_(
            "Only somebody whom my operator allows, or a full administrator of a partner that I"
            " know, can set up a space. Please ask one of them."
        ),
    ),
    Reason.SPACE_TAKEN: (N_("This space is already linked to a partner."),),
    Reason.NOT_FOUND: (
        N_("I found nothing for “{text}”. Type *list* to see the trials."),
        N_("I found nothing like that. Type *list* to see the trials."),
    ),
    Reason.OLD_CARD: (N_("Things have changed since that card. Here is how they stand now."),),
    Reason.DRAFT_GONE: (
        N_("This form has already become trial {code}. Type *show {code}* to see it."),
        N_("This form is no longer there: it was used, or is older than 7 days. Type *start*."),
    ),
    Reason.WRONG_STATUS: (
        N_("This trial is now “{status}”, and that can't be done with it any more."),
        N_("As the trial stands now, that can't be done with it."),
    ),
    Reason.SERVICE_TAKEN: (
        N_("{services}: already on trial at this customer. Please leave it out."),
        N_("A service that you chose is already on trial at this customer. Please leave it out."),
    ),
    Reason.SITE_TAKEN: (N_("This site URL is already taken. Please choose another name."),),
    Reason.OWN_TRIAL_RUNS: (
        N_("Your own trial {code} already runs at this customer. Type *services {code}*."),
        N_("One of your own trials already runs at this customer. Change its services instead."),
    ),
    Reason.TOO_MANY_PROBES: (
        N_("You have tried this too often. Please wait an hour and check Partner Hub meanwhile."),
    ),
    Reason.SERVICE_BOUGHT: (
        N_("{services}: the customer has bought it, so it can't be trialled. Please leave it out."),
        N_("The customer has bought a service that you chose. Please leave it out."),
    ),
    Reason.SHORTENS: (
        N_(
            "An extension counts from the day it is done: the trial would end on {new} instead of"
            " {old}. From {pays_from} on it gains something. If a shorter trial is what you want,"
            " tick the box."
        ),
        N_("This would make the trial shorter. If that is what you want, tick the box."),
    ),
    Reason.NOT_AN_EXTENSION_CHOICE: (
        N_("An extension can be for {choices} days here. Please choose one of these."),
        N_("Please choose one of the offered numbers of days."),
    ),
    Reason.DAY_IN_FUTURE: (
        N_("{day} is still to come. Please enter the day on which it was done."),
        N_("That day is still to come. Please enter the day on which it was done."),
    ),
    Reason.DAY_TOO_EARLY: (
        N_("{day} is too early: it can't have been done before {not_before}."),
        N_("That day is too early."),
    ),
    Reason.WRONG_CODE: (
        N_("That isn't this trial's code. Please type {code} to confirm."),
        N_("That isn't this trial's code. Please type the code that the card shows."),
    ),
    Reason.NOT_SURE: (N_("Please tick the box if you are sure."),),
    Reason.RESENT_RECENTLY: (
        N_("The request was sent less than an hour ago. You can send it again at {again_at}."),
        N_("The request was sent less than an hour ago. Please try again later."),
    ),
    Reason.CONSENT_NOT_YOURS: (
        N_("This request was sent to somebody else; only they can answer it."),
    ),
    Reason.CONSENT_DECIDED: (N_("This request has already been answered."),),
    Reason.CONSENT_LAPSED: (
        N_("The 30 days for this request are over. Please ask the partner for a new one."),
    ),
    Reason.CONSENT_FROM_PARTNER: (
        N_("Somebody who works for the partner can't answer for the customer."),
    ),
    Reason.NOT_FULL_ADMINISTRATOR: (
        N_("Only a full administrator of the customer can answer this request."),
    ),
    Reason.LAST_FULL_ADMINISTRATOR: (
        N_("A partner needs at least one full administrator. Please name another one first."),
    ),
    Reason.NO_SUCH_PERSON: (
        N_("I know nobody with the address {email} here."),
        N_("I know nobody like that here. Please check the address."),
    ),
    Reason.ADDRESS_DIFFERS: (
        N_(
            "This isn't the address of the trial's administrator. With another one the trial isn't"
            " converted, and a second organisation could be created. Please check it."
        ),
    ),
    Reason.CHECKLIST_OPEN: (
        N_("Still open: {items}. Tick them, or say why it is done without them."),
        N_("Some items are still open. Tick them, or say why it is done without them."),
    ),
    Reason.TIER_TWO: (
        N_("For a tier 2 partner the distributor orders. Record *handed over* instead."),
    ),
    Reason.NOT_ORDERED: (
        N_("Please record first that it was ordered, or handed over to the distributor."),
    ),
    Reason.SHIPMENT_EXISTS: (
        N_("Devices of this type were shipped already: Cisco ships one order per type and trial."),
    ),
    Reason.SHIPMENT_PAST_120: (
        N_(
            "A device trial lasts 120 days in all, as Cisco counts it: {limit} is the last day."
            " {until} is too late."
        ),
        N_("A device trial lasts 120 days in all. Please enter an earlier day."),
    ),
    Reason.NOT_LONGER: (
        N_("The devices may stay until {expires} already. Please enter a later day."),
        N_("Please enter a later day."),
    ),
    Reason.PICKUP_TOO_FAR: (
        N_("{day} is too far ahead: {latest} is the last day that I take for a pick-up."),
        N_("That day is too far ahead."),
    ),
    Reason.SERIAL_UNKNOWN: (
        N_("Not shipped with this order: {serials}. Nothing was recorded. Please check them."),
        N_("Some of these serial numbers were not shipped. Nothing was recorded."),
    ),
    Reason.SERIAL_DOUBLE: (
        N_("Back already: {back}. Nothing was recorded. Please check them."),
        N_("More than once: {serials}. Nothing was recorded. Please check them."),
        N_("Some of these serial numbers are there more than once. Nothing was recorded."),
    ),
    Reason.SERIALS_MISSING: (N_("Please record the serial numbers that were shipped first."),),
    Reason.CORRECTION_TOO_LATE: (
        N_("This could be corrected until {until}. Add a note to the history instead."),
        N_("It is too late to correct this. Add a note to the history instead."),
    ),
    Reason.CORRECTION_IMPOSSIBLE: (
        N_("{latest} is the last day on which this could have happened in time."),
        N_("This can't be corrected here: it could not have happened like that."),
    ),
    Reason.SNOOZE_PAST_DEADLINE: (
        N_("This can't wait: {deadline} is the next deadline."),
        N_("This can't wait any longer."),
    ),
    Reason.TAKES_AWAY: (N_("This takes something away. If you mean it, tick the box."),),
    Reason.LAST_SERVICE: (
        N_("A trial needs at least one service. To end it, cancel it or let it go."),
    ),
    Reason.NOTHING_TO_DO: (N_("There is nothing to change: it is like this already."),),
}
"""For each reason its sentences, the one with most facts first."""


def refusal(words: Words, refused: Refused, time_zone: str = "UTC") -> Md:
    """Say why not, with as many facts as the refusal brought; clock times in `time_zone`."""
    facts = {name: _said(words, fact, time_zone) for name, fact in refused.facts.items()}
    for sentence in SENTENCES[refused.reason]:
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
