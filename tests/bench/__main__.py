"""`python -m tests.bench [NAMES…]`: run benchmarks (by default all but the longest) as a table."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click

from tests.bench.bucket import bucket
from tests.bench.figures import Figure, Table
from tests.bench.growth import growth
from tests.bench.importing import importing
from tests.bench.morning import morning
from tests.bench.replies import answer, reply
from tests.bench.rig import TREES
from tests.bench.trouble import beside, limited
from tests.bench.workers import workers

BENCHES: dict[str, Callable[[], Iterator[Figure]]] = {
    "answer": answer,
    "reply": reply,
    "workers": workers,
    "growth": growth,
    "morning": morning,
    "importing": importing,
    "bucket": partial(bucket, 1_500, runs=3),
    "limited": limited,
    "beside": beside,
    "whole-bucket": partial(bucket, 10_000, runs=1),
}
LONG = frozenset({"whole-bucket"})


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHES)))
@click.option(
    "--beside",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    help="Another checkout, with its .venv: its bot is measured by turns with ours.",
)
def main(names: tuple[str, ...], beside: Path | None) -> None:
    """Run the benches with these NAMES."""
    _let_finish()
    TREES.all += [beside] if beside else []
    table = Table()
    try:
        for name in names or [name for name in BENCHES if name not in LONG]:
            table.add(BENCHES[name]())
    finally:
        table.show()


def _let_finish() -> None:
    """Keep started processes from preempting each other, as `chrt --batch 0` does.

    Otherwise so many processes on so few cores would mostly measure context switches.
    """
    if hasattr(os, "SCHED_BATCH"):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


if __name__ == "__main__":
    main()
