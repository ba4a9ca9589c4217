"""Weekends and public holidays by a space's country."""

from datetime import date, datetime
from functools import lru_cache
from importlib.metadata import version

from holidays import country_holidays

from store.rules.dates import WEEKEND
from store.tables import Space


def holidays(space: Space, now: datetime) -> frozenset[date]:
    """The holidays from last year to the year after next.

    Empty if the space doesn't keep working days or has no country.
    """
    if not space.working_days or not space.country:
        return frozenset()
    return _of(space.country, now.year)


def weekend(space: Space) -> frozenset[int]:
    """The days of the week on which a space's country rests (Monday = 0).

    Saturday and Sunday if the space has no country.
    """
    return _weekend_of(space.country) if space.country else WEEKEND


@lru_cache(maxsize=256)
def _weekend_of(country: str) -> frozenset[int]:
    try:
        return frozenset(country_holidays(country).weekend)
    except NotImplementedError:  # the library doesn't know the country
        return WEEKEND


@lru_cache(maxsize=256)
def _of(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(country_holidays(country, years=range(year - 1, year + 3)))
    except NotImplementedError:  # the library doesn't know the country
        return frozenset()


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """The versions of the packages that have the time zones, weekends and holidays."""
    return {package: version(package) for package in ("tzdata", "holidays")}
