"""The return group and the probable data region of each country.

A country is its ISO 3166-1 alpha-2 code. Cisco names a carrier only for the US, Canada, EMEAR
(Europe, Middle East, Africa, Russia) and Australia. A country whose group is doubtful is in
ELSEWHERE, because no carrier is better than a wrong one (docs/domain.md#returns-by-country).
"""

from enum import StrEnum

import pycountry


class ReturnGroup(StrEnum):
    """How devices are sent back from a country (docs/domain.md#returns-by-country)."""

    US = "us"
    CANADA = "canada"
    EMEAR = "emear"
    AUSTRALIA = "australia"
    ELSEWHERE = "elsewhere"


class DataRegion(StrEnum):
    """Where an organisation's data will probably be kept; Cisco's locality page decides."""

    EU = "eu"
    US = "us"
    UNCLEAR = "unclear"


COUNTRIES: tuple[str, ...] = tuple(sorted(country.alpha_2 for country in pycountry.countries))
"""Every ISO country."""


def _set(codes: str) -> frozenset[str]:
    return frozenset(codes.split())


_EUROPE = (
    # the European Union
    _set("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK")
    # the rest of Europe, and Russia
    | _set("AD AL BA BY CH GB IS LI MC MD ME MK NO RS RU SM UA VA")
    # members of the Council of Europe in the Caucasus, and Türkiye
    | _set("AM AZ GE TR")
    # islands and territories with their own codes; Greenland lies between Denmark and Canada,
    # and DHL collects in both
    | _set("AX FO GG GI GL IM JE SJ")
)
_MIDDLE_EAST = _set("AE BH IL IQ IR JO KW LB OM PS QA SA SY YE")
_AFRICA = _set(
    "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML "
    "MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW"
)
EMEAR = _EUROPE | _MIDDLE_EAST | _AFRICA
"""Europe, Middle East, Africa, Russia; without Kazakhstan and its neighbours (Central Asia)."""

_GROUPS: dict[ReturnGroup, frozenset[str]] = {
    # Puerto Rico is a domestic address for UPS; the other islands aren't.
    ReturnGroup.US: frozenset({"US", "PR"}),
    ReturnGroup.CANADA: frozenset({"CA"}),
    ReturnGroup.EMEAR: EMEAR,
    ReturnGroup.AUSTRALIA: frozenset({"AU"}),
}

CARRIERS: dict[ReturnGroup, str] = {
    ReturnGroup.US: "UPS",
    ReturnGroup.CANADA: "DHL",
    ReturnGroup.EMEAR: "DHL",
    ReturnGroup.AUSTRALIA: "Expeditors",
}
"""The carrier that collects devices; Cisco names none elsewhere."""

_UNCLEAR = frozenset({"CA", "AU", "SG", "AE", "SA", "IN", "GB", "RU"})


def is_country(code: str) -> bool:
    """Whether this is an ISO alpha-2 country code, in capitals."""
    return code in _KNOWN


_KNOWN = frozenset(COUNTRIES)


def return_group(code: str) -> ReturnGroup:
    """The return group of a country; ELSEWHERE for an unknown one."""
    for group, countries in _GROUPS.items():
        if code in countries:
            return group
    return ReturnGroup.ELSEWHERE


def data_region(code: str) -> DataRegion:
    """The region to expect (docs/domain.md#data-region); UNCLEAR where Cisco's pages disagree."""
    if code in _UNCLEAR or not is_country(code):
        return DataRegion.UNCLEAR
    return DataRegion.EU if code in EMEAR else DataRegion.US
