"""`python -m tests.bench [NAMES…]`: run benches and print what they found; without names, all."""

from collections.abc import Callable, Iterator

import click

from tests.bench.figures import Figure, Table
from tests.bench.growth import growth
from tests.bench.replies import answer, reply

BENCHES: dict[str, Callable[[], Iterator[Figure]]] = {
    "answer": answer,
    "reply": reply,
    "growth": growth,
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHES)))
def main(names: tuple[str, ...]) -> None:
    """Run the benches with these NAMES."""
    table = Table()
    try:
        for name in names or BENCHES:
            table.add(BENCHES[name]())
    finally:
        table.show()


if __name__ == "__main__":
    main()
