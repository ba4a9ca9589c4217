"""Recording that an accepted trial was provisioned: it runs from that day."""

from collections.abc import Iterator
from datetime import date

from cards.kit.forms import Form, Invalid, carried, day
from cards.kit.history import tells
from cards.kit.kit import Card
from cards.kit.offers import offers
from cards.kit.open_changes import reads
from cards.kit.refusals import wrong_day
from cards.kit.reminding import reminds
from cards.kit.rules import on_trial
from cards.kit.sheet import sheet
from cards.kit.words import N_, Md, Words
from store.features.consent import ACCEPTANCE
from store.features.provisioned import (
    PROVISION,
    PROVISION_2,
    PROVISION_7,
    PROVISION_WEEKLY,
    PROVISIONED,
    PROVISIONING,
)
from store.rules.dates import consent_deadline, end_of
from store.rules.hub import opened
from store.tables import Trial

offers("provisioned", N_("Mark as provisioned…"), PROVISION, place=10)
reads(PROVISIONING, N_("Provision the services"))


class Provisioned(
    Form,
    key="trial.provisioned",
    rule=on_trial(PROVISION),
    title=N_("Provisioned"),
    submit=N_("Mark as provisioned"),
    refused_at=wrong_day("day"),
):
    """Record the day on which the services were provisioned."""

    trial: int = carried()
    version: int = carried()
    day: date = day(N_("Provisioned in Partner Hub on"))


def provisioned_card(
    trial: Trial, *, words: Words, today: date, said: str = "", problem: Invalid | None = None
) -> Card:
    """Ask for the day, and show the end date that follows from it."""
    follows = words(
        "The trial runs for {days} from that day. If provisioned today, it ends on {end}.",
        days=words.days(trial.duration),
        end=end_of(today, trial.duration),
    )
    return sheet(
        Provisioned,
        trial,
        words,
        today,
        meaning=[follows],
        said=said,
        problem=problem,
        values={"day": today},
    )


# ------------------------------------------------------------------ reminders

_PROVISION = ((N_("Mark as provisioned…"), "provisioned"),)


def _unseen(trial: Trial, words: Words) -> Iterator[Md]:
    """Warn that Cisco may not know the consent; without R, the request is still to be sent."""
    if opened(trial, ACCEPTANCE) is None:
        return
    yield words("Partner Hub doesn't show the consent yet.")
    if trial.asked_on is not None:
        yield words("It must by {day} (UTC).", day=consent_deadline(trial.asked_on))


reminds(
    PROVISION_2,
    N_("accepted on {accepted}, not provisioned yet"),
    N_("Press *Set Up Customer* in Partner Hub, then record the day here."),
    _PROVISION,
    in_hub=True,
    beside=_unseen,
)
reminds(
    PROVISION_7,
    N_("accepted a week ago, not provisioned yet"),
    N_("The customer is waiting. Press *Set Up Customer* in Partner Hub."),
    _PROVISION,
    in_hub=True,
    beside=_unseen,
)
reminds(
    PROVISION_WEEKLY,
    N_("accepted on {accepted}, still not provisioned"),
    N_("Press *Set Up Customer* in Partner Hub, or cancel the trial."),
    (*_PROVISION, (N_("Cancel…"), "cancel")),
    beside=_unseen,
)


# ------------------------------------------------------------------ history

tells(
    PROVISIONED,
    N_("{who} marked the trial as provisioned on {day}; it ends on {ends}"),
    N_("{who} marked the trial as provisioned on {day}"),
    N_("{who} marked the trial as provisioned"),
)
