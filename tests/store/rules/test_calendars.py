"""Weekends and public holidays come from a library, by country."""

import pytest

from store.rules import calendars
from store.rules.countries import COUNTRIES
from tests.store.examples import a_space

FRIDAY, SATURDAY, SUNDAY = 4, 5, 6


@pytest.mark.parametrize(
    ("country", "days"),
    [
        ("BG", {SATURDAY, SUNDAY}),
        ("AE", {SATURDAY, SUNDAY}),
        ("IL", {FRIDAY, SATURDAY}),
        ("SA", {FRIDAY, SATURDAY}),
        ("BN", {FRIDAY, SUNDAY}),
        ("IR", {FRIDAY}),
        ("", {SATURDAY, SUNDAY}),
        ("XX", {SATURDAY, SUNDAY}),
    ],
)
def test_the_weekend_is_the_countrys(country: str, days: set[int]) -> None:
    space = a_space(working_days=True)
    space.country = country
    assert calendars.weekend(space) == days


def test_every_country_works_on_some_days() -> None:
    for country in COUNTRIES:
        space = a_space(working_days=True)
        space.country = country
        assert 1 <= len(calendars.weekend(space)) <= 2


def test_the_versions_are_those_of_zones_and_holidays() -> None:
    assert calendars.versions().keys() == {"tzdata", "holidays"}
    assert all(calendars.versions().values())
