"""Draw charts as PNG files: the only module that knows Pillow.

The picture has its own light background, so that it reads the same in light and dark clients. Its
font comes with the package (`cards/fonts`), never from the machine.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw
from PIL.ImageFont import FreeTypeFont, Layout, truetype

from cards.kit.chart import Chart, Panel, Tint

FONTS = Path(__file__).parents[1] / "fonts"
WIDTH = 1280
MARGIN, GAP, PADDING = 28, 20, 22
TITLE, HEADING, TEXT, LEAST = 34, 26, 22, 14
ROW, COLUMNS = 66, 250
BAR = 18

PAPER, CARD, FRAME = "#eef1f5", "#ffffff", "#c5ccd6"
INK, FAINT = "#1c2530", "#566273"
TINTS = {
    Tint.GOOD: "#2e8540",
    Tint.WARNING: "#f0a202",
    Tint.ATTENTION: "#c62828",
    Tint.ACCENT: "#2563eb",
    Tint.MUTED: "#98a2b1",
}


class _Box(NamedTuple):
    """A rectangle on the picture, in pixels."""

    left: int
    top: int
    width: int
    height: int


def png(chart: Chart) -> bytes:
    """Draw a chart. The fonts are loaded each time, because threads can't share them."""
    heights = [max(map(_stack, row)) for row in chart.rows]
    height = 2 * MARGIN + TITLE + sum(heights) + GAP * len(heights)
    image = Image.new("RGB", (WIDTH, height), PAPER)
    pen = _Pen(ImageDraw.Draw(image))
    pen.draw.rectangle((0, 0, WIDTH - 1, height - 1), outline=FRAME, width=2)
    pen.write((MARGIN, MARGIN), chart.title, TITLE, WIDTH - 2 * MARGIN, bold=True)
    top = MARGIN + TITLE + GAP
    for row, high in zip(chart.rows, heights, strict=True):
        _row(pen, row, top, high)
        top += high + GAP
    if chart.small:
        image = image.reduce(2)
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


class _Pen:
    """Writes text that fits: it shrinks, and then it is cut."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self.draw = draw
        self._fonts: dict[tuple[int, bool], FreeTypeFont] = {}

    def write(
        self,
        at: tuple[int, int],
        text: str,
        size: int,
        room: int,
        *,
        bold: bool = False,
        color: str = INK,
        anchor: str = "la",
    ) -> int:
        """Write one line in at most `room` pixels; return how many it took."""
        while size > LEAST and self._font(size, bold).getlength(text) > room:
            size -= 1
        font = self._font(size, bold)
        while len(text) > 1 and font.getlength(text) > room:
            text = text.rstrip("…")[:-1].rstrip() + "…"
        self.draw.text(at, text, fill=color, font=font, anchor=anchor)
        return round(font.getlength(text))

    def _font(self, size: int, bold: bool) -> FreeTypeFont:
        if (size, bold) not in self._fonts:
            self._fonts[size, bold] = font(size, bold=bold)
        return self._fonts[size, bold]


def font(size: int, *, bold: bool = False) -> FreeTypeFont:
    """Load our font; laid out in the same way whatever libraries the machine has.

    It is given as bytes, because for a path Pillow would also search the machine's fonts.
    """
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    file = io.BytesIO((FONTS / name).read_bytes())
    return truetype(file, size, layout_engine=Layout.BASIC)


# ------------------------------------------------------------------ panels


def _height(panel: Panel) -> int:
    notes = TEXT if any(bar.note for bar in panel.bars) else 0
    inside = COLUMNS + notes if panel.upright else len(panel.bars) * ROW
    legend = TEXT + GAP // 2 if panel.legend else 0
    return 2 * PADDING + HEADING + GAP + legend + inside


def _stack(panels: Sequence[Panel]) -> int:
    return sum(map(_height, panels)) + GAP * (len(panels) - 1)


def _row(pen: _Pen, stacks: Sequence[Sequence[Panel]], top: int, height: int) -> None:
    """Draw panels beside and below each other; the last of each column fills it up."""
    width = (WIDTH - 2 * MARGIN - GAP * (len(stacks) - 1)) // len(stacks)
    for n, panels in enumerate(stacks):
        left, at, end = MARGIN + n * (width + GAP), top, top + height
        for panel in panels:
            high = end - at if panel is panels[-1] else _height(panel)
            _panel(pen, panel, _Box(left, at, width, high))
            at += high + GAP


def _panel(pen: _Pen, panel: Panel, box: _Box) -> None:
    edge = (box.left, box.top, box.left + box.width - 1, box.top + box.height - 1)
    pen.draw.rounded_rectangle(edge, 10, fill=CARD, outline=FRAME)
    left, top, width = box.left + PADDING, box.top + PADDING, box.width - 2 * PADDING
    pen.write((left, top), panel.title, HEADING, width, bold=True)
    top += HEADING + GAP
    if panel.legend:
        _legend(pen, panel, left, top, width)
        top += TEXT + GAP // 2
    inside = _Box(left, top, width, box.top + box.height - PADDING - top)
    (_columns if panel.upright else _bars)(pen, panel, inside)


def _legend(pen: _Pen, panel: Panel, left: int, top: int, width: int) -> None:
    end = left + width
    room = width // len(panel.legend) - 2 * GAP
    for text, tint in panel.legend:
        pen.draw.rectangle((left, top + 4, left + 15, top + 19), fill=TINTS[tint])
        left += 24
        left += pen.write((left, top), text, TEXT - 2, min(room, end - left), color=FAINT) + GAP


def _bars(pen: _Pen, panel: Panel, box: _Box) -> None:
    most = _most(panel)
    for n, bar in enumerate(panel.bars):
        top = box.top + n * ROW
        end = box.left + box.width
        taken = pen.write((end, top), bar.value, TEXT, box.width // 2, bold=True, anchor="ra")
        pen.write((box.left, top), bar.label, TEXT, box.width - taken - GAP)
        top += TEXT + 10
        pen.draw.rectangle((box.left, top, end, top + BAR), fill=PAPER)
        at = float(box.left)
        for count, tint in bar.parts:
            long = box.width * count / most
            if count:
                pen.draw.rectangle((at, top, max(at + long, at + 3), top + BAR), fill=TINTS[tint])
            at += long


def _columns(pen: _Pen, panel: Panel, box: _Box) -> None:
    most, pitch = _most(panel), box.width / max(len(panel.bars), 1)
    notes = TEXT if any(bar.note for bar in panel.bars) else 0
    floor, tallest = box.top + box.height - TEXT - 14 - notes, box.height - 2 * TEXT - 34 - notes
    pen.draw.line((box.left, floor + 1, box.left + box.width, floor + 1), fill=FRAME, width=2)
    for n, bar in enumerate(panel.bars):
        middle, room = round(box.left + (n + 0.5) * pitch), round(pitch) - 6
        at = float(floor)
        for count, tint in bar.parts:
            high = tallest * count / most
            if count:
                place = (middle - room * 0.3, min(at - high, at - 3), middle + room * 0.3, at)
                pen.draw.rectangle(place, fill=TINTS[tint])
            at -= high
        above = (middle, round(at) - 6)
        pen.write(above, bar.value, TEXT - 2, room, bold=True, anchor="md")
        below = (middle, floor + 8)
        pen.write(below, bar.label, TEXT - 2, room, color=FAINT, anchor="ma")
        under = (middle, floor + 10 + TEXT)
        pen.write(under, bar.note, TEXT - 4, room, color=FAINT, anchor="ma")


def _most(panel: Panel) -> int:
    return max([1, *(sum(count for count, _ in bar.parts) for bar in panel.bars)])
