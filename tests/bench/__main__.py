"""`python -m tests.bench [NAMES…]`: run benches (without names all but the longest) as a table."""

from collections.abc import Callable, Iterator
from functools import partial

import click

from tests.bench.bucket import bucket
from tests.bench.figures import Figure, Table
from tests.bench.growth import growth
from tests.bench.replies import answer, reply

BENCHES: dict[str, Callable[[], Iterator[Figure]]] = {
    "answer": answer,
    "reply": reply,
    "growth": growth,
    "bucket": partial(bucket, 1_500, runs=3),
    "whole-bucket": partial(bucket, 10_000, runs=1),
}
LONG = frozenset({"whole-bucket"})


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHES)))
def main(names: tuple[str, ...]) -> None:
    """Run the benches with these NAMES."""
    table = Table()
    try:
        for name in names or [name for name in BENCHES if name not in LONG]:
            table.add(BENCHES[name]())
    finally:
        table.show()


if __name__ == "__main__":
    main()
