"""Values that several processes write concurrently."""

from concurrent.futures import ThreadPoolExecutor

from store import flags
from store.database.database import Database


def test_the_newest_value_is_kept(database: Database) -> None:
    for value in ({"n": 1}, {"n": 2}):
        with database.transaction() as session:
            flags.remember(session, "fact", value)
    with database.transaction() as session:
        assert flags.agree(session, "fact", {"n": 3}) == {"n": 2}


def test_concurrent_writers_agree_on_one_value(database: Database) -> None:
    def propose(n: int) -> object:
        with database.transaction() as session:
            return flags.agree(session, "fact", {"n": n})

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(propose, range(32)))
    assert all(value == said[0] for value in said)
