"""Forms round-trip unchanged, and any input parses to a form or `Invalid`."""

import json
import pkgutil
import string
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cards
from cards.features.serials import SerialNumbers
from cards.kit import fields, kit
from cards.kit.fields import Choose, ChooseMany, Field
from cards.kit.forms import (
    Form,
    Invalid,
    carried,
    choose,
    choose_many,
    corrected_card,
    day,
    email,
    emails,
    form_of,
    forms_by_key,
    number,
    rest,
    text,
    tick,
)
from cards.kit.models import Models
from cards.kit.places import Country, Language, Site, TimeZone, country, site, time_zone
from cards.kit.rules import for_anybody
from cards.kit.words import N_, Md, Message, Words, languages, plain
from store.declared import Declared
from store.rules.countries import COUNTRIES
from store.terms import Kind, Service

for module in pkgutil.walk_packages(cards.__path__, "cards."):
    import_module(module.name)

WORDS = Words()
DYNAMIC = [(str(n), f"Choice {n}") for n in (1, 7, 30)]
FORMS = [form for form in forms_by_key.values() if form.__module__.startswith("cards.")]


class Everything(Form, key="test.everything", rule=for_anybody(), title=N_("Everything")):
    """A form with one field of every kind."""

    trial: int = carried()
    kind: Kind = carried(default=Kind.NEW)
    company: str = text(N_("Company"), max=20)
    note: str = text(N_("Note"), required=False, multiline=True)
    licences: int = number(N_("Licences"), min=1, max=1000)
    locations: int | None = number(N_("Locations"), required=False)
    on: date = day(N_("Answered on"))
    until: date | None = day(N_("Until"), required=False)
    days: int = choose(N_("Days"))
    one: Kind | None = choose(N_("Kind"), Kind, required=False)
    services: tuple[Service, ...] = choose_many(N_("Services"), Service)
    address: str = email(N_("Address"))
    others: tuple[str, ...] = emails(N_("Others"), required=False)
    place: str = country(N_("Country"))
    zone: str = time_zone(N_("Time zone"))
    site: str = site(N_("Site"), required=False)
    sure: bool = tick(N_("Sure"), must=True)
    maybe: bool = tick(N_("Maybe"), default=True)


GOOD: dict[str, Any] = {
    "form": "test.everything",
    "trial": 7,
    "company": "Meadow Foods",
    "licences": "100",
    "on": "2026-12-24",
    "days": "30",
    "services": "meetings,messaging",
    "address": "Clara@Meadow.example",
    "others": "a@b.example, c@d.example\na@b.example",
    "place": "germany",
    "zone": "europe/sofia",
    "site": "https://meadow.webex.com/",
    "sure": "true",
}


def test_a_form_is_parsed_as_declared() -> None:
    form = Everything.parse(GOOD, {"days": DYNAMIC})
    assert (form.trial, form.kind, form.days, form.licences) == (7, Kind.NEW, 30, 100)
    assert form.on == date(2026, 12, 24)
    assert form.services == (Service.MESSAGING, Service.MEETINGS)
    assert form.address == "clara@meadow.example"
    assert form.others == ("a@b.example", "c@d.example")
    assert (form.place, form.zone, form.site) == ("DE", "Europe/Sofia", "meadow.webex.com")
    assert (form.note, form.until, form.one, form.locations) == ("", None, None, None)
    assert form.sure is True
    assert form.maybe is True


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("company", None),
        ("company", "   "),
        ("company", "x" * 21),
        ("company", {"a": 1}),
        ("licences", "0"),
        ("licences", "1001"),
        ("licences", "7.0"),
        ("licences", "1_000"),
        ("licences", "٣"),
        ("licences", True),
        ("licences", 1.5),
        ("licences", 10**400),
        ("on", "0"),
        ("on", "86400"),
        ("on", "2026-12-24T00:00:00"),
        ("on", "20261224"),
        ("on", "2026-02-30"),
        ("on", "1970-01-01"),
        ("on", "9999-12-31"),
        ("days", "31"),
        ("one", "nobody"),
        ("services", ""),
        ("services", "meetings,teleport"),
        ("address", "clara@"),
        ("address", "clara@meadow"),
        ("others", "a@b.example, nonsense"),
        ("place", "Atlantis"),
        ("zone", "Europe/Atlantis"),
        ("site", "a b"),
        ("sure", "false"),
        ("sure", None),
        ("maybe", "perhaps"),
        ("trial", "x"),
        ("trial", None),
    ],
)
def test_an_invalid_field_is_reported_and_the_rest_is_kept(field: str, typed: object) -> None:
    with pytest.raises(Invalid) as caught:
        Everything.parse({**GOOD, field: typed}, {"days": DYNAMIC})
    wrong = caught.value
    assert set(wrong.messages) == {field}
    assert WORDS(wrong.messages[field])
    assert wrong.broken == (field == "trial")
    for name, value in GOOD.items():
        if name not in (field, "form"):
            assert wrong.values[name] == str(value)


@pytest.mark.parametrize(
    "typed",
    [
        "GMT+2",
        "gmt-5",
        "UTC+02:00",
        "+2",
        "UTC",
        "GMT",
        "Zulu",
        "localtime",
        "Factory",
        "Etc/GMT+2",
        "etc/utc",
        "posixrules",
        "EST",
        "CET",
        "EST5EDT",
        "Etc/Sofia",
    ],
)
def test_a_zone_of_no_place_is_refused_with_a_request_for_a_city(typed: str) -> None:
    with pytest.raises(Invalid) as caught:
        Everything.parse({**GOOD, "zone": typed}, {"days": DYNAMIC})
    assert "Enter a city, such as Sofia" in WORDS(caught.value.messages["zone"])
    assert caught.value.values["zone"] == typed


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("new york", "America/New_York"),
        ("US/Pacific", "US/Pacific"),
        ("asia/calcutta", "Asia/Calcutta"),
        ("Singapore", "Asia/Singapore"),
        ("Port-au-Prince", "America/Port-au-Prince"),
        ("Antarctica/McMurdo", "Antarctica/McMurdo"),
    ],
)
def test_a_zone_of_a_place_is_read_however_it_is_written(typed: str, zone: str) -> None:
    assert Everything.parse({**GOOD, "zone": typed}, {"days": DYNAMIC}).zone == zone


def test_the_card_is_shown_again_filled_in_with_an_error_at_the_field() -> None:
    with pytest.raises(Invalid) as caught:
        Everything.parse({**GOOD, "licences": "0"}, {"days": DYNAMIC})
    body = corrected_card(WORDS, caught.value, {"days": DYNAMIC}).content["body"]
    ids = [element.get("id") for element in body]
    after = body[ids.index("licences") + 1]
    assert "from 1 to 1,000" in after["text"]
    assert after["color"] == "attention"
    by_id = {element["id"]: element for element in body if "id" in element}
    assert by_id["company"]["value"] == "Meadow Foods"
    assert by_id["days"]["value"] == "30"
    assert by_id["services"]["value"] == "meetings,messaging"


def test_an_empty_number_is_blank_however_a_client_sends_it() -> None:
    class Count(Form):
        n: int | None = number("Count", required=False)

    assert [Count.parse({"n": raw}).n for raw in ("NaN", None, "", " ")] == [None] * 4


def test_text_is_stripped_before_the_check_for_blank() -> None:
    form = Everything.parse({**GOOD, "note": " \t ", "until": " "}, {"days": DYNAMIC})
    assert form.note == ""
    assert form.until is None


def test_characters_that_a_database_cannot_store_are_removed() -> None:
    form = Everything.parse({**GOOD, "company": "A\x00B\ud800\u202eC"}, {"days": DYNAMIC})
    assert form.company == "ABC"


def test_huge_texts_are_cut_when_the_card_is_shown_again() -> None:
    with pytest.raises(Invalid) as caught:
        Everything.parse({**GOOD, "note": "x" * 1_000_000}, {"days": DYNAMIC})
    assert len(caught.value.values["note"]) < 1000


def test_numbers_and_booleans_from_clients_are_accepted() -> None:
    form = Everything.parse({**GOOD, "licences": 5.0, "sure": True}, {"days": DYNAMIC})
    assert form.licences == 5


def test_two_forms_on_one_card_keep_their_fields_apart() -> None:
    scoped = {f"{name}.b": value for name, value in GOOD.items() if name not in ("form", "trial")}
    other = {name: "nonsense" for name in GOOD}
    sent = {**other, **scoped, "form": "test.everything", "trial": 7, "scope": "b"}
    assert Everything.parse(sent, {"days": DYNAMIC}).company == "Meadow Foods"


def test_a_check_across_fields_reports_at_one_field() -> None:
    class Pair(Form, key="test.pair", rule=for_anybody()):
        first: date = day(N_("First"))
        last: date = day(N_("Last"))

        def check(self) -> Iterator[tuple[str, Message]]:
            if self.last < self.first:
                yield "last", Message(N_("That is too early."))

    with pytest.raises(Invalid) as caught:
        Pair.parse({"first": "2026-12-02", "last": "2026-12-01"})
    assert set(caught.value.messages) == {"last"}


def test_other_inputs_on_the_card_can_be_kept() -> None:
    class Back(Form, key="test.back", rule=for_anybody()):
        draft: int = carried()
        typed: Mapping[str, str] = rest()

    sent = {"form": "test.back", "draft": 1, "company": "Meadow", "n": 5, "odd": {"a": 1}}
    assert Back.parse(sent).typed == {"company": "Meadow", "n": "5", "odd": ""}


def test_two_forms_cannot_share_a_key() -> None:
    with pytest.raises(ValueError, match="two forms"):

        class Twin(Form, key="test.everything", rule=for_anybody()):
            pass


def test_a_button_carries_only_the_forms_fields() -> None:
    with pytest.raises(TypeError):
        Everything.button(WORDS)
    with pytest.raises(TypeError):
        Everything.button(WORDS, trial=1, version=2)
    assert Everything.button(WORDS, trial=1).data == {"form": "test.everything", "trial": 1}


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        ("company", " Meadow \u200b Foods", "Meadow Foods"),
        ("note", "one\n  two", "one\n  two"),
        ("licences", "1,000", 1000),
        ("licences", "100.", 100),
        ("on", "24.12.2026", date(2026, 12, 24)),
        ("on", "Thu, 24 Dec 2026", date(2026, 12, 24)),
        ("address", "Clara Novak <Clara@Meadow.example>", "clara@meadow.example"),
        ("address", "mailto:clara@meadow.example.", "clara@meadow.example"),
        ("others", "Novak, Clara <a@b.example>; c@d.example", ("a@b.example", "c@d.example")),
        ("place", "united \u00a0 states", "US"),
        ("site", "meadow\u200b.webex.com", "meadow.webex.com"),
    ],
)
def test_a_field_is_read_however_it_is_spelled(field: str, typed: str, value: object) -> None:
    form = Everything.parse({**GOOD, field: typed}, {"days": DYNAMIC})
    assert form.values()[field] == value


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("on", "03/04/2026", "“03/04/2026” could be Fri, 3 Apr 2026 or Wed, 4 Mar 2026"),
        ("on", "2026-02-30", "“2026-02-30” doesn't exist"),
        ("until", "next week", "I can't read “next week” as a date"),
        ("until", "x" * 300, "x…” as a date"),
        ("licences", "many", "“many” isn't a whole number"),
        ("address", "clara", "clara isn't a valid e-mail address"),
    ],
)
def test_a_refused_value_stays_visible(field: str, typed: str, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        Everything.parse({**GOOD, field: typed}, {"days": DYNAMIC})
    card = corrected_card(WORDS, caught.value, {"days": DYNAMIC})
    assert says in plain(card.text)
    assert any(says in plain(Md(each.get("text", ""))) for each in card.content["body"])


@pytest.mark.parametrize(
    ("field", "typed", "shown"),
    [("on", "24.12.2026", "2026-12-24"), ("licences", "1 000", 1000), ("on", "03/04/2026", "")],
)
def test_an_input_shows_what_was_read_if_another_field_is_wrong(
    field: str, typed: str, shown: object
) -> None:
    with pytest.raises(Invalid) as caught:
        Everything.parse({**GOOD, field: typed, "company": ""}, {"days": DYNAMIC})
    body = corrected_card(WORDS, caught.value, {"days": DYNAMIC}).content["body"]
    [element] = [each for each in body if each.get("id") == field]
    assert element.get("value", "") == shown


@pytest.mark.parametrize("impossible", [-1, "-1", 2**31, 999_999_999_999_999, "999999999999999"])
def test_an_id_that_no_row_can_have_is_an_id_of_nothing(impossible: object) -> None:
    sent = {**GOOD, "trial": impossible}
    assert Everything.parse(sent, {"days": DYNAMIC}).trial == fields.NO_ID
    with pytest.raises(Invalid) as caught:
        Everything.parse({**sent, "company": ""}, {"days": DYNAMIC})
    assert not caught.value.broken
    assert int(caught.value.values["trial"]) == fields.NO_ID


@pytest.mark.parametrize("unreadable", [10**20, "9" * 20, "9" * 9_000, "-", "1e3", "--1", 1.5])
def test_an_id_that_is_no_number_is_a_forged_press(unreadable: object) -> None:
    with pytest.raises(Invalid) as caught:
        Everything.parse({**GOOD, "trial": unreadable}, {"days": DYNAMIC})
    assert caught.value.broken


def test_forms_without_fields_ignore_other_inputs() -> None:
    class Press(Form, key="test.press", rule=for_anybody()):
        trial: int = carried()

    assert Press.button(WORDS, trial=1).associatedInputs == "none"


# ------------------------------------------------------------------ any JSON

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=5,
)


@given(st.data())
def test_any_json_parses_to_a_form_or_invalid(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(FORMS))
    names = st.sampled_from([*form.fields, "form", "scope"])
    sent = data.draw(st.dictionaries(names | st.text(max_size=3), JSON) | JSON)
    read = attempt(form, sent, {})
    if isinstance(read, Invalid):
        assert [WORDS(message) for message in read.messages.values()]
    else:
        assert isinstance(read, form)
    form_of(sent)


@given(st.data())
def test_a_form_submitted_untouched_round_trips(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from([*FORMS, Everything]))
    values = {name: data.draw(values_of(field)) for name, field in form.fields.items()}
    choices = {
        name: DYNAMIC
        for name, field in form.fields.items()
        if isinstance(field, Choose) and field.choices is None and field.type in (int, str)
        if not isinstance(field, Language)
    }
    original = form(**values)
    visible = {name: value for name, value in values.items() if form.fields[name].visible}
    drawn = [*form.inputs(WORDS, visible, choices=choices | offered(form))]
    brought = {n: v for n, v in values.items() if isinstance(form.fields[n], fields.Carried)}
    action = form.button(WORDS, **brought)
    content = kit.card(WORDS, "A text.", drawn, [action]).content
    sent = json.loads(json.dumps({**untouched(content), **content["actions"][0]["data"]}))
    read = attempt(form, sent, choices | offered(form))
    if isinstance(read, Invalid):
        assert list(original.check()), read.messages
    else:
        assert comparable(read) == comparable(original)


def attempt(form: type[Form], sent: object, choices: dict[str, Any]) -> Form | Invalid:
    try:
        return form.parse(sent, choices)
    except Invalid as invalid:
        return invalid


def comparable(form: Form) -> dict[str, Any]:
    return {n: v for n, v in form.values().items() if not isinstance(form.fields[n], fields.Rest)}


def offered(form: type[Form]) -> dict[str, list[tuple[str, str]]]:
    """The choices of vocabularies whose options depend on the state."""
    return {
        name: [(word.value, word.value) for word in field.type]
        for name, field in form.fields.items()
        if isinstance(field, Choose) and field.choices is None and is_vocabulary(field.type)
    }


def untouched(card: dict[str, Any]) -> dict[str, str]:
    """The inputs that a client submits if nobody changed them."""
    sent = {}
    for element in card["body"]:
        if element["type"].startswith("Input.") and "value" in element:
            sent[element["id"]] = element["value"]
    return sent


def is_vocabulary(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, StrEnum)


def values_of(field: Field) -> st.SearchStrategy[Any]:
    """Any value that a field can have."""
    return _values_of(field).flatmap(lambda v: optional(field, v))


def optional(field: Field, value: Any) -> st.SearchStrategy[Any]:
    if field.required or field.default is not fields.NOTHING:
        return st.just(value)
    return st.sampled_from([value, field.blank()])


LETTERS = string.ascii_letters + "äжЯ"


def _values_of(field: Field) -> st.SearchStrategy[Any]:
    words = st.text(alphabet=LETTERS, min_size=1, max_size=min(field.max, 10))
    addresses = words.map(lambda name: f"{name.lower()}@meadow.example").filter(str.isascii)
    days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
    match field:
        case fields.Rest():
            return st.just({})
        case fields.Tick():
            return st.just(True) if field.must else st.booleans()
        case fields.Number():
            return st.integers(field.least, min(field.most, 10**9))
        case fields.Numbers():
            numbers = st.sets(st.integers(field.least, field.most), min_size=1, max_size=4)
            return numbers.map(lambda found: tuple(sorted(found)))
        case fields.Day():
            return days
        case ChooseMany():
            offered_ = list(field.type) if is_vocabulary(field.type) else [n for n, _ in DYNAMIC]
            return st.sets(st.sampled_from(offered_), min_size=1).map(
                lambda found: tuple(each for each in offered_ if each in found)
            )
        case Language():
            return st.sampled_from(languages())
        case Choose():
            return chosen(field)
        case fields.Emails():
            return st.lists(addresses, unique=True, min_size=1, max_size=3).map(tuple)
        case fields.Email():
            return addresses
        case Country():
            return st.sampled_from(COUNTRIES)
        case TimeZone():
            return st.sampled_from(["Europe/Sofia", "America/New_York", "Asia/Kolkata"])
        case Site():
            return st.sampled_from(["meadow.webex.com", "a-1.webex.com"])
        case Models():
            pairs = st.tuples(words, st.integers(1, 50))
            return st.lists(pairs, unique_by=lambda p: p[0], min_size=1, max_size=3).map(tuple)
        case SerialNumbers():
            numbers = st.integers(0, 999).map(lambda n: f"FOC{n}")
            return st.lists(numbers, min_size=1, max_size=3).map(tuple)
        case fields.Carried():
            return typed(field, words)
        case fields.Text():
            return words
    raise AssertionError(f"no values for {field}")


def chosen(field: Choose) -> st.SearchStrategy[Any]:
    if isinstance(field.choices, type):
        return st.sampled_from(list(field.choices))
    if is_vocabulary(field.type):
        named = {value for value, _ in field.choices or ()}
        return st.sampled_from([w for w in field.type if not named or w.value in named])
    return st.sampled_from([field.type(value) for value, _ in field.choices or DYNAMIC])


def typed(field: Field, words: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    if field.type is int:
        return st.integers(0, fields.NO_ID)
    if field.type is date:
        return st.dates(date(2000, 1, 1), date(2099, 12, 31))
    if isinstance(field.type, type) and issubclass(field.type, Declared):
        return st.sampled_from(field.type.all())
    return st.sampled_from(list(field.type)) if is_vocabulary(field.type) else words
