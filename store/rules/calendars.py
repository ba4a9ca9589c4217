"""The public holidays of a space's country."""

from datetime import date, datetime
from functools import lru_cache

from holidays import country_holidays

from store.tables import Space


def holidays(space: Space, now: datetime) -> frozenset[date]:
    """Last year's to the year after next's holidays, if the space keeps working days."""
    if not space.working_days or not space.country:
        return frozenset()
    return _of(space.country, now.year)


@lru_cache(maxsize=256)
def _of(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(country_holidays(country, years=range(year - 1, year + 3)))
    except NotImplementedError:  # a country that the library doesn't know
        return frozenset()
