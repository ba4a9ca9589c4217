"""The reminders of a trial's end, its grace, and what is lost afterwards."""

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
_DECIDE = ((N_("Extend…"), "extend"), (N_("Convert…"), "convert"), (N_("Let expire…"), "let go"))
_SAVE_IT = ((N_("Convert…"), "convert"), (N_("Extend…"), "extend"), (N_("Let expire…"), "let go"))
_WHY = ((N_("Add reason…"), "let go"),)


def _interest(trial: Trial, words: Words) -> Iterator[Md]:
    if trial.interest_on:
        yield words("The customer asked to buy on {day}.", day=trial.interest_on)


def _calls_at_risk(trial: Trial, words: Words) -> Iterator[Md]:
    if Service.CALLING in services_of(trial):
        yield words("External calls may be suspended once the trial has expired.")


def _what_is_lost(trial: Trial, words: Words) -> Iterator[Md]:
    yield words(LOST_AFTER_GRACE)


reminds(
    END_MINUS_14,
    N_("ends on {ends}"),
    N_("Talk to the customer: convert it, extend it, or let it expire?"),
    _DECIDE,
)
reminds(
    END_MINUS_7,
    N_("expires on {ends}"),
    N_("Extend it, convert it to paid, or let it expire."),
    _DECIDE,
    beside=_interest,
)
reminds(
    END,
    N_("last day of the trial: {ends}"),
    N_("Grace then runs until {grace}; only conversion is documented for it."),
    _DECIDE,
    grave=True,
    beside=_calls_at_risk,
)
reminds(
    GRACE_1,
    N_("expired on {ends}; grace ends on {grace}"),
    N_("You can still convert it to paid until then."),
    _SAVE_IT,
    beside=_calls_at_risk,
)
reminds(
    GRACE_15,
    N_("grace ends on {grace} ({left} left)"),
    N_("Convert it to paid, or let it expire for good."),
    _SAVE_IT,
    beside=_what_is_lost,
)
reminds(
    GRACE_27,
    N_("grace ends on {grace} ({left} left)"),
    N_("Convert it to paid now."),
    _SAVE_IT,
    grave=True,
    beside=_what_is_lost,
)
reminds(
    GRACE_29,
    N_("last safe day to convert: {day}"),
    N_("Grace ends on {grace} (UTC)."),
    _SAVE_IT,
    grave=True,
    beside=_what_is_lost,
)
reminds(
    GRACE_30,
    N_("grace ends on {grace}"),
    N_("That day, Cisco e-mails the users that they've lost access."),
    _CONVERT,
    grave=True,
)
reminds(
    GRACE_OVER,
    N_("ended: users moved to Cisco's free consumer organisation"),
    N_("Nothing can be restored. Why wasn't it bought?"),
    _WHY,
)
reminds(
    CALLING_STOPS,
    N_("Calling stops on {grace}"),
    N_("Phone numbers stay reserved until {numbers}."),
    _CONVERT,
    grave=True,
)
reminds(
    NUMBERS_7,
    N_("phone numbers stay reserved for 7 more days, until {numbers}"),
    N_("To keep them, order Webex Calling before then."),
)
reminds(NUMBERS_RELEASED, N_("phone numbers are released on {numbers}"))


# ------------------------------------------------------------------ history

tells(
    EXPIRED,
    N_("The trial expired on {ends}; grace started"),
    N_("The trial expired; grace started"),
)
tells(ENDED, N_("Grace ended; the trial is over"))
