"""What extending a trial does: both ends, the days gained, and what to think of first."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from store.refusals import Reason, Refused
from store.rules.dates import LONGEST_TRIAL, ends_of, service_start
from store.tables import Trial

SHORTENS = Reason("shortens")
NOT_AN_EXTENSION_CHOICE = Reason("not-an-extension-choice")


class Caution(StrEnum):
    """What is said beside an extension; none of it blocks (docs/domain.md#extension-warnings)."""

    REPEATED = "repeated"
    PAST_120 = "past-120"
    IN_GRACE = "in-grace"


@dataclass(frozen=True)
class Extension:
    """What extending would do: both ends, the days gained, and the first day that gains one."""

    old: date
    new: date
    gained: int
    pays_from: date
    warnings: tuple[Caution, ...]

    @property
    def shortens(self) -> bool:
        """Whether the trial would end no later than it does now."""
        return self.gained <= 0


def extension(trial: Trial, done_on: date, days: int) -> Extension:
    """Extend from the day it is done, never from the old end (docs/domain.md#extending).

    `days` counts from `done_on`. The trial must have an end.
    """
    old = ends_of(trial)
    new = done_on + timedelta(days=days)
    return Extension(
        old=old,
        new=new,
        gained=(new - old).days,
        pays_from=old - timedelta(days=days - 1),
        warnings=tuple(_cautions(trial, done_on, new)),
    )


def _cautions(trial: Trial, done_on: date, new: date) -> Iterator[Caution]:
    if trial.extensions >= 1:
        yield Caution.REPEATED
    if (new - service_start(trial)).days > LONGEST_TRIAL:
        yield Caution.PAST_120
    if done_on > ends_of(trial):
        yield Caution.IN_GRACE


def check_extension(
    extension: Extension, days: int, choices: Collection[int], *, shorten: bool = False
) -> None:
    """Refuse days that aren't offered, and a shorter trial unless `shorten` was ticked."""
    if days not in choices:
        raise Refused(NOT_AN_EXTENSION_CHOICE, days=days, choices=tuple(choices))
    if extension.shortens and not shorten:
        raise Refused(SHORTENS, old=extension.old, new=extension.new, pays_from=extension.pays_from)
