"""The pace of calls while Webex limits them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from bot.engine.pace import IN_A_ROW, LAST, PROBE, Pace
from bot.observe import Metrics
from store.database.database import Database
from store.queues.pauses import ALL, all_limits

POST, GET = "POST /messages", "GET /messages"
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.writing() as connection:
        yield connection


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def a_pace() -> Pace:
    return Pace(Metrics())


def refuse(pace: Pace, connection: Connection, times: int, seconds: float = 1.0) -> None:
    for _ in range(times):
        pace.went(connection, POST, NOW)
        pace.refused(connection, POST, seconds, "429", NOW)


def test_a_single_refusal_stops_nothing_else(connection: Connection) -> None:
    pace = a_pace()
    refuse(pace, connection, 1)
    assert pace.may_go(POST, NOW, most=64) == 64
    assert all_limits(connection) == []


def test_a_long_pause_stops_every_call_of_its_kind_in_every_process(
    connection: Connection,
) -> None:
    pace, other = a_pace(), a_pace()
    refuse(pace, connection, 1, seconds=100_000)
    other.read(connection, NOW, sharers=2)
    for each in (pace, other):
        assert each.may_go(POST, after(299), most=64) == 0
        assert each.may_go(GET, NOW, most=64) == 64
        assert each.is_stopped(POST, after(299))
        assert not each.is_stopped(POST, after(301))


def test_after_ten_refusals_in_a_row_all_calls_of_a_kind_stop(connection: Connection) -> None:
    pace = a_pace()
    refuse(pace, connection, IN_A_ROW - 1)
    assert pace.may_go(POST, NOW, most=64) == 64
    refuse(pace, connection, 1)
    assert pace.may_go(POST, NOW, most=64) == 0


def test_after_a_pause_one_call_is_the_probe_and_its_success_lets_all_calls_go(
    connection: Connection,
) -> None:
    pace, other = a_pace(), a_pace()
    refuse(pace, connection, 1, seconds=60)
    later = after(61)
    assert pace.may_go(POST, later, most=64) == 1
    pace.went(connection, POST, later)
    assert pace.may_go(POST, later, most=64) == 0
    other.read(connection, later, sharers=2)
    assert other.may_go(POST, later, most=64) == 0
    pace.passed(connection, POST, later)
    other.read(connection, later, sharers=2)
    for each in (pace, other):
        assert each.may_go(POST, later, most=64) == 64


def test_a_refused_probe_starts_another_pause(connection: Connection) -> None:
    pace = a_pace()
    refuse(pace, connection, 1, seconds=60)
    later = after(61)
    pace.went(connection, POST, later)
    pace.refused(connection, POST, 3.0, "429", later)
    assert pace.is_stopped(POST, later + timedelta(seconds=2))
    assert pace.may_go(POST, later + timedelta(seconds=4), most=64) == 1


def test_a_probe_that_never_returns_is_followed_by_another(connection: Connection) -> None:
    pace, other = a_pace(), a_pace()
    refuse(pace, connection, 1, seconds=60)
    pace.went(connection, POST, after(61))
    other.read(connection, after(62), sharers=2)
    assert other.may_go(POST, after(62), most=64) == 0
    assert other.may_go(POST, after(62) + PROBE, most=64) == 1


def test_reminders_leave_the_probe_to_answers(connection: Connection) -> None:
    pace = a_pace()
    refuse(pace, connection, 1, seconds=60)
    assert pace.may_go(POST, after(60.5), most=64, of_reminders=True) == 0
    assert pace.may_go(POST, after(60.5), most=64) == 1
    assert pace.may_go(POST, after(62), most=64, of_reminders=True) == 1


def test_a_refused_token_stops_everything(connection: Connection) -> None:
    pace = a_pace()
    pace.refused(connection, ALL, 60.0, "401", NOW)
    assert pace.may_go(POST, NOW, most=64) == pace.may_go(GET, NOW, most=64) == 0
    assert pace.may_go(GET, after(61), most=64) == 1
    pace.went(connection, GET, after(61))
    assert pace.may_go(POST, after(61), most=64) == 0
    pace.passed(connection, GET, after(61))
    assert pace.may_go(POST, after(61), most=64) == 64


def halved(connection: Connection) -> Pace:
    """A pace that has seen 40 calls in a second, of which Webex took one in three."""
    pace = a_pace()
    for n in range(2 * LAST):
        at = after(n / (2 * LAST) - 1)
        pace.went(connection, POST, at)
        if n % 3:
            pace.refused(connection, POST, 1.0, "429", at)
        else:
            pace.passed(connection, POST, at)
    pace.read(connection, NOW, sharers=1)
    return pace


def test_when_most_calls_are_refused_the_rate_is_halved(connection: Connection) -> None:
    pace = halved(connection)
    (limit,) = all_limits(connection)
    assert limit.rate is not None
    assert 5 <= limit.rate <= 20
    assert 0 < pace.may_go(POST, NOW, most=64) <= 20


def test_a_rate_is_not_halved_below_what_webex_has_just_accepted(connection: Connection) -> None:
    pace = a_pace()
    for n in range(50):
        pace.went(connection, POST, NOW)
        pace.passed(connection, POST, NOW)
        if n >= 50 - LAST // 2:
            pace.refused(connection, POST, 1.0, "429", NOW)
    pace.refused(connection, POST, 1.0, "429", NOW)
    (limit,) = all_limits(connection)
    assert limit.rate == 50


def test_a_limited_rate_is_shared_and_grows_until_the_limit_is_lifted(
    connection: Connection,
) -> None:
    halved(connection)
    (limit,) = all_limits(connection)
    alone, beside = a_pace(), a_pace()
    alone.read(connection, after(1), sharers=1)
    beside.read(connection, after(1), sharers=2)
    mine, ours = (each.may_go(POST, after(1), most=999) for each in (alone, beside))
    assert 0 < ours <= mine / 2 + 1
    assert mine <= (limit.rate or 0) * 1.1**2
    alone.read(connection, after(60), sharers=1)
    assert all_limits(connection) == []
    assert alone.may_go(POST, after(60), most=64) == 64


def test_reminders_leave_a_fifth_of_a_limited_rate_to_answers(connection: Connection) -> None:
    pace = halved(connection)
    of_reminders = pace.may_go(POST, NOW, most=99, of_reminders=True)
    for _ in range(of_reminders):
        pace.went(connection, POST, NOW)
    assert of_reminders > 0
    assert pace.may_go(POST, NOW, most=99, of_reminders=True) == 0
    assert pace.may_go(POST, NOW, most=99) > 0
