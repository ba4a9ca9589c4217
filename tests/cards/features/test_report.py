"""The report's picture: its size, its colours, its letters, and the text's numbers in it."""

import io
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from PIL import Image

from cards.features.report import report_file, report_text, summary_text
from cards.kit.canvas import FONTS, TINTS, WIDTH, font, png
from cards.kit.chart import CHART, Bar, Chart, Panel, Tint, to_draw
from cards.kit.words import MESSAGE_BYTES, Words
from store.features.extend import EXTENSION
from store.features.report import Count, Devices, Month, Report, Week
from store.terms import Status

MOST_BYTES = 1_000_000
"""Webex previews a picture up to a megabyte."""


def a_report(**changes: Any) -> Report:
    """A report with something in each panel; a million trials here and there."""
    about: dict[str, Any] = {
        "day": date(2026, 12, 1),
        "weeks": [
            Week(date(2026, 12, n), date(2026, 12, n), n, n // 2, n % 4) for n in range(1, 13)
        ],
        "months": [Month(date(2026, n, 1), n, 2 * n) for n in range(1, 13)],
        "devices": Devices(1, 2, 3, 4),
        "statuses": {status: Count(10**n, 1) for n, status in enumerate(list(Status)[:7])},
        "changes": Counter({EXTENSION: 3}),
    }
    return Report(**about | changes)


def a_week(n: int, *counts: int) -> Week:
    return Week(date(2026, 12, n), date(2026, 12, n), *counts)


def empty() -> Report:
    weeks = [a_week(n) for n in range(1, 13)]
    months = [Month(date(2026, n, 1)) for n in range(1, 13)]
    return a_report(weeks=weeks, months=months, devices=Devices(), statuses={}, changes=Counter())


def chart_of(report: Report, words: Words, **more: Any) -> Chart:
    file = report_file(report, words, **more)
    assert (file.name, file.content_type) == ("trial-report.png", CHART)
    return Chart.model_validate_json(file.content)


def drawn(chart: Chart) -> Any:
    content = png(chart)
    assert len(content) < MOST_BYTES
    return Image.open(io.BytesIO(content)).convert("RGB")


def panels(chart: Chart) -> Iterator[Panel]:
    return (panel for row in chart.rows for stack in row for panel in stack)


def texts(chart: Chart) -> Iterator[str]:
    yield chart.title
    for panel in panels(chart):
        yield from (panel.title, *(text for text, _ in panel.legend))
        for bar in panel.bars:
            yield from (bar.label, bar.value, bar.note)


def pixels(image: Any, tint: Tint) -> int:
    wanted = tuple(int(TINTS[tint][n : n + 2], 16) for n in (1, 3, 5))
    return sum(count for count, color in image.getcolors(1 << 24) if color == wanted)


def test_every_picture_can_be_drawn_in_each_language(language: str) -> None:
    words = Words(language)
    for report in (a_report(), empty()):
        chart = chart_of(report, words)
        assert drawn(chart).size[0] == WIDTH
        small = drawn(chart_of(report, words, small=True))
        assert small.size == tuple(side // 2 for side in drawn(chart).size)
        for text in (report_text(report, ["Harbour"], words), summary_text(report, words)):
            assert 15 < len(text.encode()) <= MESSAGE_BYTES


def test_every_letter_of_the_picture_is_in_our_font(language: str) -> None:
    alphabets = "AZaz09%–…·" + "".join(map(chr, range(0x400, 0x460)))
    letters = set(alphabets).union(*texts(chart_of(a_report(), Words(language))))
    for bold in (False, True):
        ours = font(40, bold=bold)
        missing = shape(ours, "\uffff")
        assert {each for each in letters if shape(ours, each) == missing} == set()


def shape(ours: Any, letter: str) -> Any:
    mask = ours.getmask(letter)
    return mask.size, bytes(mask)


def test_the_font_comes_with_its_licence() -> None:
    said = (FONTS / "LICENSE.txt").read_text()
    assert "Permission is hereby granted, free of charge" in said
    assert all(file.name in said for file in FONTS.glob("*.ttf"))


def test_grace_has_a_colour_of_its_own() -> None:
    quiet = {"devices": Devices(), "statuses": {Status.ACTIVE: Count(5)}}
    for grace, more in ((0, False), (5, True)):
        weeks = [*(a_week(n, 5) for n in range(1, 12)), a_week(12, 5, 0, grace)]
        image = drawn(chart_of(a_report(weeks=weeks, **quiet), Words()))
        legend = 16 * 16
        assert (pixels(image, Tint.ATTENTION) > 10 * legend) is more


def test_colours_differ_and_stand_out_from_white() -> None:
    shades = {tuple(int(color[n : n + 2], 16) for n in (1, 3, 5)) for color in TINTS.values()}
    assert len(shades) == len(Tint)
    assert all(sum(shade) < 3 * 0xC0 for shade in shades)


def test_the_picture_has_its_own_background() -> None:
    """It is opaque, and light to its edges: so it reads the same in a dark client."""
    image = drawn(chart_of(a_report(), Words()))
    corners = [image.getpixel((x, y)) for x in (4, image.width - 5) for y in (4, image.height - 5)]
    assert all(min(corner) > 0xE0 for corner in corners)


def test_text_that_is_too_long_is_cut() -> None:
    bar = Bar(label="Ж" * 300, parts=((1, Tint.GOOD),), value="9" * 100, note="n" * 100)
    for upright in (True, False):
        panel = Panel(title="T" * 300, bars=(bar,) * 12, upright=upright)
        chart = Chart(title="T" * 300, rows=(((panel,), (panel,)),))
        assert drawn(chart).size[0] == WIDTH


def test_the_picture_and_the_text_show_the_same_numbers() -> None:
    words, report = Words(), a_report()
    text = report_text(report, ["Harbour"], words)
    status, devices, over, weeks, months = panels(chart_of(report, words))
    for bar in (*status.bars, *devices.bars, *(bar for bar in over.bars if bar.value != "0")):
        assert f"- {bar.label}: {bar.value}" in text
    for bar, week in zip(weeks.bars, report.weeks, strict=True):
        assert sum(n for n, _ in bar.parts) == week.expiring + week.grace == int(bar.value)
        assert f"- {bar.label}: {week.expiring} expire" in text
    for bar in months.bars:
        share = f"{bar.label}: {bar.note} converted ({bar.value})"
        assert share in text
        assert f"{sum(n for n, _ in bar.parts)} " in f"{bar.note.partition(' of ')[2]} "


def test_a_report_without_trials_says_so() -> None:
    text = report_text(empty(), ["Harbour"], Words())
    assert "Trial active: 0" in text
    assert "Nothing expires." in text
    assert "No trial has finished." in text


@pytest.mark.parametrize("content", [b"", b"{}", b'{"title": 1}'])
def test_only_a_chart_can_be_read_as_one(content: bytes) -> None:
    with pytest.raises(ValueError, match="Chart"):
        Chart.model_validate_json(content)
    whole = Chart(title="x", rows=())
    assert Chart.model_validate_json(to_draw(whole, "x.png").content) == whole
