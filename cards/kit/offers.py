"""The buttons on a trial's card: each feature declares its own, and when it is shown to whom."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from store.rules.rights import Action, may
from store.rules.statuses import status
from store.rules.transitions import Change, allowed
from store.tables import Trial
from store.terms import Role, Status


@dataclass(frozen=True, slots=True)
class Offer:
    """A button that runs a command on the trial.

    `change`: the change that it leads to (None: it only shows something). `place`: its position,
    lowest first; `places` overrides it for some statuses.
    """

    word: str
    title: str
    change: Change | None
    place: int
    places: Mapping[Status, int] = field(default_factory=dict)


every_offer: list[Offer] = []


def offers(
    word: str,
    title: str,
    change: Change | None = None,
    *,
    place: int,
    places: Mapping[Status, int] = {},
) -> None:
    """Declare a button, shown where the change is allowed to people whose role allows it."""
    every_offer.append(Offer(word, title, change, place, places))


def offered(trial: Trial, role: Role | None, own: bool, today: date) -> Iterator[Offer]:
    """Yield the buttons for somebody with this role today, the likeliest first."""
    now = status(trial, today)
    for offer in sorted(every_offer, key=lambda each: each.places.get(now, each.place)):
        action = offer.change.needs if offer.change else Action.SEE
        if offer.change is not None and not allowed(trial, offer.change, today):
            continue
        if may(role, action, own=own):
            yield offer
