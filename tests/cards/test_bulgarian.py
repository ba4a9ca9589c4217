"""No English is left on a Bulgarian card, but for names of products and of Cisco's buttons."""

import re
from collections.abc import Iterator

import pytest

from cards.features.report import report_text, summary_text
from cards.kit.kit import Card
from cards.kit.names import CISCOS_STATUSES, NAMES
from cards.kit.words import Words
from store.terms import Status
from tests.cards.every_card import every_card
from tests.cards.features.test_report import a_report, chart_of
from tests.cards.test_catalogues import sentences
from tests.cards.test_translatable import shown

#: Names that stay as they are in every language.
PRODUCTS = (
    "Cisco Calling Plan", "Control Hub", "Enterprise Edition", "Hybrid Calendar", "Partner Hub",
    "Trialbot", "Webex Assistant", "Webex", "Cisco", "Messaging", "Meetings", "Calling",
    "DHL", "UPS", "Expeditors", "EMEAR", "EULA", "PSTN", "PoE", "RMA", "UTC", "Site URL", "S/N",
    "admin.webex.com",
    "Excel", "CSV UTF-8", "CSV", "UTF-8", "UTF-16", "Windows-1251", "MB",
)  # fmt: skip

#: Buttons and pages of Partner Hub, Control Hub and Cisco's mails.
BUTTONS = (
    r"*Add*", "*Back*", "*Customers*", "*Duration of the Trial*", "*Edit*", "*Next*", "*Purchase*",
    "*Save*", "*Send Trial Request*", "*Set Up Customer*", "*Set Up Service*", "*Start Trial*",
    "*Yes*", "*No (по-късно)*", "*Yes (настройване сега)*", "Set Up Service", "Trials.", "Trial.",
    "No (по-късно)", "Yes (настройване сега)",
)  # fmt: skip

#: What people are shown how to type.
EXAMPLES = ("8865 x 2", "Europe/Sofia", "Sofia", "BG", "meadow.webex.com", "с D.", "X", "N")

NAMES_OF_CISCO = [f"({NAMES[Status][status]})" for status in CISCOS_STATUSES]
ALLOWED = re.compile(
    "|".join(
        re.escape(name)
        for names in (BUTTONS, NAMES_OF_CISCO, EXAMPLES, PRODUCTS)
        for name in sorted(names, key=len, reverse=True)
    )
)

#: What the cards of this collection show of people's own.
DATA = re.compile(
    r"<@personId:\S*?\||[\w.+-]+@[\w.-]+|https?\S*|\bT-\w+|\bFOC\w+|\bc0ffee\S+|\bPerson \d+"
    r"|Meadow Foods|Harbour Networks|Nora Lindqvist|Tom Okafor|Samir Nair|(?:evil|harbour)\.example"
    r"|D123456|W-1|Europe/\w+|too dear|bees|^Saved\.|^No[.:]|^Not yet\.|<@all>|\[x\]|\ben и bg\."
    r"|„Trials“|(?:^|· )Trials$|^Nora ·|E-mail →|\(Trial pending[^)]*…$"
)
LATIN = re.compile(r"[A-Za-z]+")


def english_in(text: str) -> Iterator[str]:
    bare = re.sub(r"\\([^\w\s])", r"\1", text)
    yield from LATIN.findall(ALLOWED.sub("·", DATA.sub("·", bare)))


@pytest.fixture(scope="module")
def cards() -> list[tuple[str, Card]]:
    return list(every_card(Words("bg")))


def test_no_english_is_left_on_a_card(cards: list[tuple[str, Card]]) -> None:
    left = {
        (name.partition(",")[0], line)
        for name, card in cards
        for text in (card.text, *shown(card.content))
        for line in text.split("\n")
        if list(english_in(line))
    }
    assert sorted(left) == []


def test_no_card_shows_the_bars_between_words_to_type(cards: list[tuple[str, Card]]) -> None:
    texts = [text for _, card in cards for text in (card.text, *shown(card.content))]
    barred = {each.said for each in sentences("bg") if "|" in each.said and "|" not in each.id}
    assert len(barred) > 10
    shown_bars = [text for text in (*texts, *of_the_report()) for each in barred if each in text]
    assert shown_bars == []


def test_no_english_is_left_in_the_report() -> None:
    assert [text for text in of_the_report() if list(english_in(text))] == []


def of_the_report() -> Iterator[str]:
    """Every line of the report, and every text on its picture."""
    words, report = Words("bg"), a_report()
    for text in (report_text(report, ["Harbour Networks"], words), summary_text(report, words)):
        yield from text.split("\n")
    chart = chart_of(report, words)
    yield chart.title
    for panel in (panel for row in chart.rows for column in row for panel in column):
        yield from (panel.title, *(text for text, _ in panel.legend))
        yield from (text for bar in panel.bars for text in (bar.label, bar.value, bar.note))


def test_no_english_is_left_in_the_catalogue() -> None:
    left = {
        each.said for each in sentences("bg") if list(english_in(re.sub(r"\{\w*\}", "", each.said)))
    }
    assert sorted(left) == []


def test_english_is_found_where_it_is_left() -> None:
    assert list(english_in("Пробен период (Trial active) в Partner Hub")) == []
    assert list(english_in("Trial active · 3 days left")) == ["Trial", "active", "days", "left"]
