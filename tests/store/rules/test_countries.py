"""Every country has one way to return devices and one expected data region."""

import pycountry
import pytest

from store.rules import countries
from store.rules.countries import CARRIERS, COUNTRIES, EMEAR, DataRegion, ReturnGroup

DECIDED_BY_NAME = {
    "PR": ReturnGroup.US,  # Puerto Rico
    "GL": ReturnGroup.EMEAR,  # Greenland
    "TR": ReturnGroup.EMEAR,  # Türkiye
    "IL": ReturnGroup.EMEAR,  # Israel
    "KZ": ReturnGroup.ELSEWHERE,  # Kazakhstan
}

EXAMPLES = {
    "US": ReturnGroup.US,
    "CA": ReturnGroup.CANADA,
    "AU": ReturnGroup.AUSTRALIA,
    "BG": ReturnGroup.EMEAR,
    "GB": ReturnGroup.EMEAR,
    "RU": ReturnGroup.EMEAR,
    "AE": ReturnGroup.EMEAR,
    "ZA": ReturnGroup.EMEAR,
    "GE": ReturnGroup.EMEAR,
    "NZ": ReturnGroup.ELSEWHERE,
    "JP": ReturnGroup.ELSEWHERE,
    "MX": ReturnGroup.ELSEWHERE,
    "IN": ReturnGroup.ELSEWHERE,
    "GU": ReturnGroup.ELSEWHERE,
    "GP": ReturnGroup.ELSEWHERE,
}


def test_every_iso_country_is_in_exactly_one_group(capsys: pytest.CaptureFixture[str]) -> None:
    groups = {
        group: [c for c in COUNTRIES if countries.return_group(c) is group] for group in ReturnGroup
    }
    with capsys.disabled():
        print()
        for group, members in groups.items():
            carrier = CARRIERS.get(group, "no carrier is named")
            print(f"{group:<10} {len(members):>3}  {carrier}: {' '.join(members)}")
    assert len(COUNTRIES) == len(pycountry.countries) == 249
    assert sorted(c for members in groups.values() for c in members) == list(COUNTRIES)
    assert all(groups.values())


def test_groups_have_no_duplicate_or_unknown_countries() -> None:
    named = [code for members in countries._GROUPS.values() for code in members]
    assert len(named) == len(set(named))
    assert set(named) <= set(COUNTRIES)


@pytest.mark.parametrize(("code", "group"), (DECIDED_BY_NAME | EXAMPLES).items())
def test_the_return_group_of_a_country(code: str, group: ReturnGroup) -> None:
    assert countries.return_group(code) is group


@pytest.mark.parametrize("code", ["", "XX", "us", "USA", "UK"])
def test_an_unknown_country_has_no_carrier_and_no_region(code: str) -> None:
    assert not countries.is_country(code)
    assert countries.return_group(code) is ReturnGroup.ELSEWHERE
    assert countries.data_region(code) is DataRegion.UNCLEAR


def test_all_african_countries_are_listed() -> None:
    """The African Union has 55 members; one of them is Western Sahara."""
    assert len(countries._AFRICA - {"RE", "SH", "YT"}) == 55


@pytest.mark.parametrize("code", ["CA", "AU", "SG", "AE", "SA", "IN", "GB", "RU"])
def test_the_region_is_unclear_where_ciscos_documents_are(code: str) -> None:
    assert countries.data_region(code) is DataRegion.UNCLEAR


@pytest.mark.parametrize(
    ("code", "region"),
    [
        ("BG", DataRegion.EU),
        ("CH", DataRegion.EU),
        ("NG", DataRegion.EU),
        ("QA", DataRegion.EU),
        ("US", DataRegion.US),
        ("BR", DataRegion.US),
        ("JP", DataRegion.US),
        ("NZ", DataRegion.US),
    ],
)
def test_the_expected_region_of_a_country(code: str, region: DataRegion) -> None:
    assert countries.data_region(code) is region


def test_emear_except_unclear_countries_is_the_eu_region() -> None:
    unclear = {c for c in EMEAR if countries.data_region(c) is not DataRegion.EU}
    assert unclear == {"AE", "SA", "GB", "RU"}
