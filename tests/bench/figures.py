"""Benchmark results as a table, below where and how they were measured."""

import os
import platform
import shlex
import statistics
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: what was measured, where, one value per run, and the limit it must keep."""

    what: str
    where: str
    runs: Sequence[float]
    unit: str = "ms"
    limit: str = ""
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.runs)


@dataclass
class Table:
    """Prints each figure as it is found, and all of them at the end."""

    found: list[Figure] = field(default_factory=list)

    def add(self, figures: Iterable[Figure]) -> None:
        for figure in figures:
            self.found.append(figure)
            print(_line(figure), file=sys.stderr, flush=True)

    def show(self) -> None:
        print("\n".join(["", *_heading(), "", *_rows(self.found)]).rstrip())


def _heading() -> Iterator[str]:
    cores, gigabytes = os.cpu_count(), psutil.virtual_memory().total / 2**30
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    yield f"machine  {platform.node()}: {cores} cores, {gigabytes:.0f} GiB, {_processor()}"
    yield f"python   {platform.python_version()}, {_interpreter()}, on {platform.platform()}"
    yield f"command  python -m tests.bench {shlex.join(sys.argv[1:])}"
    yield f"load     {load} (1, 5 and 15 minutes) at the end; medians of the runs"


def _interpreter() -> str:
    """Which Python runs: one compiled with profiles, like Debian's, is faster."""
    return str(Path(sys.executable).resolve())


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _rows(figures: Sequence[Figure]) -> Iterator[str]:
    """A row for each measurement, a column for each place; a new table when the places change."""
    rows: dict[str, dict[str, Figure]] = {}
    for figure in figures:
        rows.setdefault(figure.what, {})[figure.where] = figure
    for places, same in groupby(rows.values(), key=tuple):
        heading = ("median", *places, "limit", "")
        yield from _aligned([heading, *map(_row, same)])
        yield ""


def _row(found: dict[str, Figure]) -> tuple[str, ...]:
    first, *_ = found.values()
    medians = [f"{_number(figure.median)} {figure.unit}" for figure in found.values()]
    notes = dict.fromkeys(figure.note for figure in found.values() if figure.note)
    return first.what, *medians, first.limit, ", ".join(notes)


def _aligned(cells: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[n]) for row in cells) for n in range(len(cells[0]))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _line(figure: Figure) -> str:
    return "  ".join(cell for cell in _cells(figure) if cell)


def _cells(figure: Figure) -> tuple[str, ...]:
    runs = " ".join(_number(run) for run in figure.runs)
    median = f"{_number(figure.median)} {figure.unit}"
    return figure.what, figure.where, median, figure.limit, runs, figure.note


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
