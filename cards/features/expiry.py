"""What reminders say of a trial's end, its grace, and what is lost after it."""

from collections.abc import Iterator

from cards.features.shared.trial import LOST_AFTER_GRACE
from cards.kit.headline import services_of
from cards.kit.history import tells
from cards.kit.reminding import reminds
from cards.kit.words import N_, Md, Words
from store.features.expiry import (
    CALLING_STOPS,
    END,
    END_MINUS_7,
    END_MINUS_14,
    ENDED,
    EXPIRED,
    GRACE_1,
    GRACE_15,
    GRACE_27,
    GRACE_29,
    GRACE_30,
    GRACE_OVER,
    NUMBERS_7,
    NUMBERS_RELEASED,
)
from store.tables import Trial
from store.terms import Service

# ------------------------------------------------------------------ reminders

_CONVERT = ((N_("Convert…"), "convert"),)
_DECIDE = ((N_("Extend…"), "extend"), (N_("Convert…"), "convert"), (N_("Let go…"), "let go"))
_SAVE_IT = ((N_("Convert…"), "convert"), (N_("Extend…"), "extend"), (N_("Let go…"), "let go"))
_WHY = ((N_("Reason…"), "let go"),)


def _interest(trial: Trial, words: Words) -> Iterator[Md]:
    if trial.interest_on:
        yield words("The customer wants to buy (said on {day}).", day=trial.interest_on)


def _calls_at_risk(trial: Trial, words: Words) -> Iterator[Md]:
    if Service.CALLING in services_of(trial):
        yield words("Calls to the outside may already be suspended when it has expired.")


def _what_is_lost(trial: Trial, words: Words) -> Iterator[Md]:
    yield words(LOST_AFTER_GRACE)


reminds(
    END_MINUS_14,
    N_("ends on {ends}"),
    N_("Time to talk to the customer: convert it, extend it, or let it go?"),
    _DECIDE,
)
reminds(
    END_MINUS_7,
    N_("expires on {ends}"),
    N_("Extend it, convert it to paid, or let it go."),
    _DECIDE,
    beside=_interest,
)
reminds(
    END,
    N_("expires on {ends}, its last day"),
    N_("After it there is grace until {grace}: then only conversion to paid is documented."),
    _DECIDE,
    grave=True,
    beside=_calls_at_risk,
)
reminds(
    GRACE_1,
    N_("expired on {ends}; the last day of grace is {grace}"),
    N_("Until then it can be converted to paid."),
    _SAVE_IT,
    beside=_calls_at_risk,
)
reminds(
    GRACE_15,
    N_("{left} of grace left, until {grace}"),
    N_("Convert it, or let it go."),
    _SAVE_IT,
    beside=_what_is_lost,
)
reminds(
    GRACE_27,
    N_("{left} of grace left, until {grace}"),
    N_("Convert it now."),
    _SAVE_IT,
    grave=True,
    beside=_what_is_lost,
)
reminds(
    GRACE_29,
    N_("{day} is the last safe day to convert it"),
    N_("Grace ends on {grace}, and Cisco counts in UTC."),
    _SAVE_IT,
    grave=True,
    beside=_what_is_lost,
)
reminds(
    GRACE_30,
    N_("the grace ends on {grace}"),
    N_("Cisco tells the users by mail on that day that they have no access any more."),
    _CONVERT,
    grave=True,
)
reminds(
    GRACE_OVER,
    N_("ended: the users are in the free consumer organisation"),
    N_("Nothing can be restored. Why was it not bought?"),
    _WHY,
)
reminds(
    CALLING_STOPS,
    N_("Calling stops on {grace}"),
    N_("The phone numbers stay reserved until {numbers}."),
    _CONVERT,
    grave=True,
)
reminds(
    NUMBERS_7,
    N_("the phone numbers are reserved for 7 more days, until {numbers}"),
    N_("Order Webex Calling before that if the customer wants to keep them."),
)
reminds(NUMBERS_RELEASED, N_("the phone numbers are released on {numbers}"))


# ------------------------------------------------------------------ history

tells(EXPIRED, N_("The trial expired on {ends}; grace began"), N_("The trial expired; grace began"))
tells(ENDED, N_("Grace ended, and with it the trial"))
