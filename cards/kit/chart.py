"""A chart as plain data: it is queued like this, and drawn only when its message is sent."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from store.say import File

CHART = "application/vnd.trialbot.chart+json"
"""The content type of a file that is a chart still to be drawn."""


class Tint(StrEnum):
    """The meaning of a colour, as on cards."""

    GOOD = "good"
    WARNING = "warning"
    ATTENTION = "attention"
    ACCENT = "accent"
    MUTED = "muted"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True)


class Bar(_Data):
    """A bar: its coloured parts one after another, its label and its value.

    `note`: a second line under the label of an upright bar.
    """

    label: str
    parts: tuple[tuple[int, Tint], ...]
    value: str
    note: str = ""


class Panel(_Data):
    """A part of a chart. `upright`: columns side by side, not rows. `legend`: what colours mean."""

    title: str
    bars: tuple[Bar, ...]
    upright: bool = False
    legend: tuple[tuple[str, Tint], ...] = ()


class Chart(_Data):
    """A picture in one language: rows of columns of panels. `small`: half as wide and as high."""

    title: str
    rows: tuple[tuple[tuple[Panel, ...], ...], ...]
    small: bool = False


def to_draw(chart: Chart, name: str) -> File:
    """Return a chart as a file that the messenger draws."""
    return File(name, CHART, chart.model_dump_json().encode())
