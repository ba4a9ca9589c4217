"""The effect of extending a trial: both ends, the days gained, and warnings."""

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
    """A warning beside an extension; none of them blocks it (docs/domain.md#extension-warnings)."""

    REPEATED = "repeated"
    PAST_120 = "past-120"
    IN_GRACE = "in-grace"


@dataclass(frozen=True)
class Extension:
    """The effect of an extension: both ends, the days gained, and warnings.

    `pays_from`: the first day on which extending gains a day.
    """

    old: date
    new: date
    gained: int
    pays_from: date
    warnings: tuple[Caution, ...]

    @property
    def shortens(self) -> bool:
        """Whether the trial would gain no days."""
        return self.gained <= 0


def extension(trial: Trial, done_on: date, days: int) -> Extension:
    """Calculate an extension from the day it is made, never from the old end.

    `days` counts from `done_on`. The trial must have an end. Rule: docs/domain.md#extending.
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
    """Refuse a number of days that isn't offered, and a shorter trial unless `shorten`."""
    if days not in choices:
        raise Refused(NOT_AN_EXTENSION_CHOICE, days=days, choices=tuple(choices))
    if extension.shortens and not shorten:
        raise Refused(SHORTENS, old=extension.old, new=extension.new, pays_from=extension.pays_from)
