"""The time zones of places, the only ones that people may choose.

The others mislead: `Etc/GMT+2` lies two hours *behind* UTC, `EST` knows no summer time, and
`Factory` is nowhere.
"""

from functools import lru_cache
from zoneinfo import available_timezones

_CONTINENTS_AND_OCEANS = frozenset(
    {
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    }
)
_COUNTRIES = frozenset({"Brazil", "Canada", "Chile", "Mexico", "US"})


@lru_cache(maxsize=1)
def zones_of_places() -> frozenset[str]:
    """The names of all time zones of places, such as Europe/Sofia or US/Pacific."""
    return frozenset(
        zone
        for zone in available_timezones()
        if zone.partition("/")[0] in _CONTINENTS_AND_OCEANS | _COUNTRIES
    )
