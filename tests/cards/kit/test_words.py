"""Words: typed text is shown unchanged, and facts are formatted for each language."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cards.kit.names import CISCOS_STATUSES, NAMES
from cards.kit.words import (
    Md,
    Message,
    Words,
    bold,
    bullets,
    clean,
    cut,
    dotted,
    escape,
    languages,
    paragraphs,
    plain,
    verbatim,
)
from store.tables import Person
from store.terms import Service, Status
from tests.tongues import catalogues_in, write_bulgarian

MARKDOWN = MarkdownIt("commonmark").enable("strikethrough")
NASTY = st.text(
    alphabet="abcЖ019 \t\n\\`*_{}[]()<>#+-.!|~&=@:/\"'^$\u202e\u200b\ud800", max_size=40
)


def shown(markdown: str) -> tuple[str, set[str]]:
    """The text that a reader sees of markdown, and the kinds of markup in it."""
    text, kinds = [], set()
    for block in MARKDOWN.parse(markdown):
        kinds.add(block.type)
        for token in block.children or ():
            kinds.add(token.type)
            text.append(token.content)
    return "".join(text), kinds


@given(NASTY | st.text(max_size=60))
def test_typed_text_is_shown_as_typed(typed: str) -> None:
    text, kinds = shown(escape(typed))
    assert text == " ".join(clean(typed).split())
    assert kinds <= {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}


@pytest.mark.parametrize(
    "mark", "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
def test_no_direction_mark_is_shown(mark: str) -> None:
    """Those of Unicode's bidirectional algorithm (UAX #9, 2)."""
    assert escape(f"a{mark}b") == plain(f"a{mark}b") == "ab"


@given(NASTY)
def test_typed_text_is_inert_inside_a_sentence(typed: str) -> None:
    said = Words()("*Trial* of {company} ends.", company=typed)
    text, kinds = shown(said)
    assert text == f"Trial of {' '.join(clean(typed).split())} ends."
    assert kinds <= {
        "paragraph_open",
        "paragraph_close",
        "inline",
        "text",
        "text_special",
        "em_open",
        "em_close",
    }


@given(NASTY)
def test_typed_text_cannot_contain_a_mention(typed: str) -> None:
    for said in (escape(f"<@all> {typed} <@personEmail:a@b.example>"), escape(typed)):
        assert "<@" not in said
        assert "](" not in said.replace("\\]", "")


@given(NASTY)
def test_buttons_show_typed_text(typed: str) -> None:
    assert plain(escape(typed)) == " ".join(clean(typed).split())


def test_a_sentence_is_not_escaped_twice() -> None:
    words = Words()
    inner = words("{company}", company="A*B")
    assert words("<{part}>", part=inner) == r"<A\*B>"
    assert paragraphs(inner, dotted(inner, "C*D")) == "A\\*B\n\nA\\*B · C\\*D"


@pytest.mark.parametrize("evil", ["http://evil.example", "www.evil.example", "[x](http://y.z)"])
def test_typed_links_do_not_work(evil: str) -> None:
    linking = MarkdownIt("gfm-like", {"linkify": False})
    assert "<a " not in linking.render(escape(evil))
    assert "http://" not in escape(evil)
    assert "www." not in escape(evil)


@given(st.text(max_size=200), st.integers(10, 120))
def test_a_cut_text_fits_and_keeps_its_markup_whole(typed: str, limit: int) -> None:
    short = cut(bullets([typed, "<@all>", "é" * 50]), limit)
    assert len(short.encode()) <= limit
    assert not short.endswith("\\")


def test_a_cut_never_splits_a_mention() -> None:
    person = Person(email="nora@harbour.example", webex_id="Y" * 60, name="Nora")
    said = Md("x" * 30 + " " + Words().mention(person))
    for limit in range(34, len(said)):
        assert "<@" not in cut(said, limit)
    assert cut(said, len(said)) == said


@given(st.integers(150, 2000))
def test_a_cut_list_says_how_many_rows_are_left_out(limit: int) -> None:
    said = paragraphs("Head", bullets(f"row {n}" for n in range(500)))
    short = Words().cut(said, limit)
    assert len(short.encode()) <= limit
    *shown, last = short.splitlines()
    kept = sum(line.startswith("- row") for line in shown)
    assert last == f"- and {500 - kept} more" if kept else short.endswith("…")


def test_a_text_that_fits_is_not_cut() -> None:
    said = paragraphs("Head", bullets(["one", "two"]))
    assert Words().cut(said) == said


def test_a_cut_code_block_is_closed() -> None:
    short = cut(verbatim("line of text\n" * 100), 200)
    assert short.count("```") == 2
    assert len(short) <= 200


def test_a_sentence_names_the_first_twenty_of_many() -> None:
    said = Words().some([f"n{n}" for n in range(30)])
    assert said.endswith("n18, n19 and 10 more")
    assert Words().some(["a", "b"]) == "a and b"


def test_a_mention_holds_only_a_name() -> None:
    person = Person(email="nora@harbour.example", webex_id="Y2lz", name="No|ra <@all> [x]")
    assert Words().mention(person) == "<@personId:Y2lz|No ra all x>".replace(" all", " @all")
    unseen = Person(email="nora@harbour.example", name="Nora")
    assert Words().mention(unseen) == "<@personEmail:nora@harbour.example|Nora>"
    strange = Person(email="not an <@all>", name="")
    assert "<@" not in Words().mention(strange)


def test_days_numbers_and_plurals_follow_the_language() -> None:
    english, bulgarian = Words("en"), Words("bg")
    day = date(2026, 12, 24)
    assert english.day(day) == "Thu, 24 Dec 2026"
    assert bulgarian.day(day) == "чт, 24.12.2026"
    assert [english.month(day), bulgarian.month(day)] == ["Dec 2026", "12.2026"]
    assert english.days(1) == "1 day"
    assert english.days(30) == "30 days"
    assert english.number(12345) == "12,345"
    assert english.join(["a", "b", "c"]) == "a, b and c"
    assert english.country("DE") == "Germany"
    assert bulgarian.country("DE") == "Германия"
    assert bulgarian("Nothing to change.") == "Няма какво да се промени."
    assert [bulgarian.days(n) for n in (1, 30)] == ["1 ден", "30 дни"]


@pytest.mark.parametrize(
    "catalogue", [{}, {"without": "Nothing to change."}, {"fuzzy": "Nothing to change."}, None]
)
def test_a_language_is_offered_if_its_catalogue_is_complete(
    tmp_path: Path, catalogue: dict[str, str] | None
) -> None:
    if catalogue is not None:
        write_bulgarian(tmp_path, **catalogue)
    with catalogues_in(tmp_path):
        complete = catalogue == {}
        assert languages() == (("en", "bg") if complete else ("en",))
        assert Words("bg").language == ("bg" if complete else "en")


def test_an_incomplete_language_falls_back_to_english_entirely(tmp_path: Path) -> None:
    write_bulgarian(tmp_path, without="Nothing to change.")
    with catalogues_in(tmp_path):
        words = Words("bg")
        assert words.day(date(2026, 12, 24)) == "Thu, 24 Dec 2026"
        assert words.days(30) == "30 days"
        assert words("This is required.") == "This is required."


def test_a_clock_time_is_shown_in_the_zone() -> None:
    when = datetime(2026, 12, 24, 22, 30, tzinfo=UTC)
    assert Words().instant(when, "Europe/Sofia") == "Fri, 25 Dec 2026 00:30"


def test_an_unknown_language_falls_back_to_english() -> None:
    assert Words("xx").language == "en"


def test_every_status_of_cisco_includes_its_name_there(language: str) -> None:
    for status in CISCOS_STATUSES:
        assert NAMES[Status][status] in Words(language).status(status)
    active, to_start = (Words("bg").status(each) for each in (Status.ACTIVE, Status.TO_START))
    assert active == "Активен пробен период (Trial active)"
    assert to_start == "Предстои започване в Partner Hub"


def test_every_vocabulary_value_has_a_name() -> None:
    from store.rules.hub import Step

    for vocabulary, names in NAMES.items():
        if vocabulary is not Step:
            assert set(names) == set(vocabulary), vocabulary


def test_services_are_listed_by_name() -> None:
    assert Words().services([Service.MEETINGS, Service.DEVICES]) == "Meetings and Webex devices"


def test_a_message_is_formatted_later() -> None:
    later = Message("Use at most {n} characters.", {"n": 1000})
    assert Words()(later) == "Use at most 1,000 characters."


def test_a_text_to_copy_keeps_its_line_breaks() -> None:
    assert verbatim("a\n```b") == "```\na\n'''b\n```"
    assert bold("a*b") == r"**a\*b**"
