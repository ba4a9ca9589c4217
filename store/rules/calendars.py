"""Public holidays by a space's country."""

from datetime import date, datetime
from functools import lru_cache

from holidays import country_holidays

from store.tables import Space


def holidays(space: Space, now: datetime) -> frozenset[date]:
    """The holidays from last year to the year after next.

    Empty if the space doesn't keep working days or has no country.
    """
    if not space.working_days or not space.country:
        return frozenset()
    return _of(space.country, now.year)


@lru_cache(maxsize=256)
def _of(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(country_holidays(country, years=range(year - 1, year + 3)))
    except NotImplementedError:  # the library doesn't know the country
        return frozenset()
