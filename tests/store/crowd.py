"""A database full of trials, generated in SQL, for query plans and benchmarks.

All data is derived from the trial's number, so it is the same each time. Of the live trials one
in ten waits for consent and one in twenty for provisioning; the others expire from 20 days ago to
60 days ahead and have every reminder of their plan, rung or open.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from store.codes import code
from store.database.database import Database
from store.features.consent import CONSENT_20, CONSENT_27, NO_CONSENT
from store.features.customer_notices import CUSTOMER_END, CUSTOMER_MINUS_7
from store.features.expiry import (
    CALLING_STOPS,
    END,
    END_MINUS_7,
    END_MINUS_14,
    GRACE_1,
    GRACE_15,
    GRACE_27,
    GRACE_29,
    GRACE_30,
    GRACE_OVER,
    NUMBERS_7,
    NUMBERS_RELEASED,
)
from store.features.setup import SpaceFacts, link_space
from store.rules.reminder_kinds import ReminderKind
from store.tables import id_of
from tests.store.cast import NOW, TODAY, House, a_house

AT_ONCE = 10_000
OF_E = (
    END_MINUS_14,
    END_MINUS_7,
    CUSTOMER_MINUS_7,
    END,
    CUSTOMER_END,
    GRACE_1,
    GRACE_15,
    GRACE_27,
    GRACE_29,
    GRACE_30,
    GRACE_OVER,
)
OF_CALLING = (CALLING_STOPS, NUMBERS_7, NUMBERS_RELEASED)
OF_R = (CONSENT_20, CONSENT_27, NO_CONSENT)


@dataclass
class Crowd:
    """One of the partners, and the total number of trials."""

    house: House
    trials: int


def fill(
    database: Database,
    trials: int,
    partners: int = 100,
    *,
    spaces: int = 1,
    live: int = 25,
    today: date = TODAY,
) -> Crowd:
    """Create trials of `partners` partners, each with `spaces` spaces; `live` percent run."""
    with database.transaction() as session:
        houses = [_house(session, number, spaces) for number in range(partners)]
        if not database.is_sqlite:  # ids refer to existing rows
            session.execute(text("SET LOCAL session_replication_role = replica"))
        _number(session, trials, partners, spaces, live)
        for statement in _statements(_Days(today, sqlite=database.is_sqlite)):
            session.execute(text(statement.replace(":", "\\:")))
        session.execute(text("DROP TABLE crowd"))
        if not database.is_sqlite:
            for table in ("trial", "customer"):
                session.execute(text(f"SELECT setval('{table}_id_seq', {trials + 1})"))
    with database.transaction() as session:
        session.execute(text("ANALYZE"))
    return Crowd(houses[1], trials)


def _house(session: Session, number: int, spaces: int) -> House:
    house = a_house(session, f"p{number}")
    for n in range(1, spaces):
        link_space(
            session,
            room_id=f"room-p{number}-{n}",
            title=f"p{number} trials {n}",
            partner=id_of(house.partner),
            space=SpaceFacts("Europe/Sofia"),
            roles={},
            by=None,
            operators=(),
            now=NOW,
        )
    return house


def _number(session: Session, trials: int, partners: int, spaces: int, live: int) -> None:
    """Create a row for each trial: its partner, whether it runs, a pseudo-random number (`h`).

    A partner has four people; the second and third of them start trials.
    """
    session.execute(
        text(
            "CREATE TEMPORARY TABLE crowd (i INTEGER PRIMARY KEY, code TEXT, partner INTEGER,"
            " space INTEGER, starter INTEGER, live BOOLEAN, h INTEGER)"
        )
    )
    insert = text("INSERT INTO crowd VALUES (:i, :code, :partner, :space, :starter, :live, :h)")
    for first in range(1, trials + 1, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, trials + 1))
        session.execute(insert, [_row(i, partners, spaces, live) for i in numbers])


def _row(i: int, partners: int, spaces: int, live: int) -> dict[str, Any]:
    nth, partner = divmod(i, partners)
    return {
        "i": i,
        "code": code(i),
        "partner": partner + 1,
        "space": partner * spaces + nth % spaces + 1,
        "starter": partner * 4 + 2 + nth % 2,
        "live": nth % 100 < live,
        "h": (i * 7919 + i // 97) % 100_000,
    }


@dataclass(frozen=True)
class _Days:
    """The SQL of each database for date arithmetic, dates and instants."""

    today: date
    sqlite: bool

    def after(self, day: str, days: str) -> str:
        return f"date({day}, ({days}) || ' day')" if self.sqlite else f"({day} + ({days}))"

    def day(self, day: date) -> str:
        return f"'{day}'" if self.sqlite else f"DATE '{day}'"

    def from_today(self, days: str) -> str:
        return self.after(self.day(self.today), days)

    def morning(self, day: str) -> str:
        if self.sqlite:
            return f"({day} || ' 07:00:00.000000')"
        return f"(({day} + TIME '07:00') AT TIME ZONE 'UTC')"

    def as_text(self, day: str) -> str:
        return day if self.sqlite else f"to_char({day}, 'YYYY-MM-DD')"


def _statements(days: _Days) -> Iterator[str]:
    yield """
    INSERT INTO customer (id, partner_id, company, company_key, administrator, domain,
        organisation_id, vertical, vertical_note, country, language, full_administrators)
    SELECT i, partner, 'Company ' || i, 'company ' || i, 'a@c' || i || '.example',
        'c' || i || '.example', 'org-' || i, '', '', 'BG', 'en', '[]' FROM crowd
    """
    yield _trials(days)
    yield """
    INSERT INTO trial_service (trial_id, service)
    SELECT i, 'messaging' FROM crowd UNION ALL SELECT i, 'calling' FROM crowd
    """
    yield """
    INSERT INTO reservation (key, trial_id)
    SELECT 'email:a@c' || i || '.example:' || service, i FROM crowd
    JOIN trial_service ON trial_id = i WHERE live
    """
    yield """
    INSERT INTO reservation (key, trial_id)
    SELECT 'site:' || site, id FROM trial JOIN crowd ON i = id WHERE live AND site <> ''
    """
    yield """
    INSERT INTO hub_task (trial_id, change, saved_on, done_on, ticks, facts)
    SELECT id, 'start', saved_on, CASE WHEN todo_since IS NULL THEN saved_on END, '{}', '{}'
    FROM trial
    """
    yield f"""
    INSERT INTO consent (trial_id, email, full_administrator, answer, asked_at, unreachable)
    SELECT i, 'a@c' || i || '.example', {_YES}, 'asked', {days.morning("asked_on")}, {_NO}
    FROM trial JOIN crowd ON i = id WHERE state = 'consent'
    """
    yield f"""
    INSERT INTO history (trial_id, at, what, before, after, note)
    SELECT id, {days.morning("saved_on")}, what, '{{}}', '{{}}', ''
    FROM trial CROSS JOIN (SELECT 'started' AS what UNION ALL SELECT 'hub-done'
        UNION ALL SELECT 'extended') AS facts
    """
    yield from _devices(days)
    yield _reminders(days, "state = 'active'", "ends", OF_E)
    yield _reminders(days, "state = 'active'", "ends", OF_CALLING)
    yield _reminders(days, "state = 'consent'", "asked_on", OF_R)
    yield from _messages(days)


def _trials(days: _Days) -> str:
    """Ended trials have E 31 to 330 days ago; the oldest trials are cancelled."""
    ends = days.from_today("CASE WHEN live THEN h / 20 % 80 - 20 ELSE -31 - h / 20 % 300 END")
    return f"""
    INSERT INTO trial (id, code, partner_id, space_id, customer_id, started_by, kind, state,
        version, sorts_on, todo_since, devices_due, saved_on, first_day, duration, ends, asked_on,
        accepted_on, converted_on, cancelled_on, cancelled_by, order_number, outcome, outcome_note,
        access, licences, device_licences, meetings_options, site, site_time_zone, locations,
        to_ship, skip_reason, set_up, extensions, let_go, customer_notices, customer_unreachable)
    SELECT i, code, partner, space, i, starter,
        CASE WHEN state IN ('consent', 'provisioning') THEN 'existing' ELSE 'new' END, state, 1,
        CASE state WHEN 'consent' THEN {days.after("began", "30")}
            WHEN 'provisioning' THEN {days.day(date.max)} ELSE e END,
        CASE WHEN live AND i % 7 = 0 THEN began END, CASE WHEN live AND i % 11 = 0 THEN e END,
        began, began, 30, CASE WHEN state NOT IN ('consent', 'provisioning') THEN e END,
        CASE WHEN state IN ('consent', 'provisioning') THEN began END,
        CASE WHEN state = 'provisioning' THEN began END, CASE WHEN state = 'converted' THEN e END,
        CASE WHEN state = 'cancelled' THEN e END, '',
        CASE WHEN i % 3 = 0 THEN 'CCW-' || i ELSE '' END, '', '', 'unknown', 100, 0, '[]',
        CASE WHEN i % 5 = 0 THEN 's' || i || '.webex.com' ELSE '' END, '', 0, '{{}}', '', 'later',
        0, {_NO}, {_YES}, {_NO}
    FROM (SELECT ends.*, CASE WHEN state = 'consent' THEN {days.from_today("-(h / 20 % 30)")}
            ELSE {days.after("e", "-30")} END AS began
        FROM (SELECT crowd.*, {ends} AS e,
            CASE WHEN live AND h % 20 IN (7, 8) THEN 'consent'
                WHEN live AND h % 20 = 9 THEN 'provisioning' WHEN live THEN 'active'
                WHEN h % 20 < 4 THEN 'converted' WHEN h % 20 < 8 THEN 'cancelled'
                ELSE 'ended' END AS state
            FROM crowd) AS ends) AS crowd
    """


_YES, _NO = "(1 = 1)", "(1 = 0)"


def _devices(days: _Days) -> Iterator[str]:
    yield f"""
    INSERT INTO shipment (trial_id, type, models, order_number, country, shipped_on, expires_on,
        carrier, tracking, rma, returned_on)
    SELECT i, 'phone', '{{"Desk Phone 9841": 2}}', 'CCW-9' || i, 'BG', saved_on,
        {days.after("saved_on", "60")}, '', '', '',
        CASE WHEN NOT live THEN {days.after("saved_on", "50")} END
    FROM trial JOIN crowd ON i = id WHERE i % 11 = 0
    """
    yield """
    INSERT INTO serial (shipment_id, serial, returned_on)
    SELECT id, half || trial_id, returned_on FROM shipment
    CROSS JOIN (SELECT 'FCH1' AS half UNION ALL SELECT 'FCH2') AS halves
    """


def _reminders(days: _Days, condition: str, anchor: str, kinds: tuple[ReminderKind, ...]) -> str:
    """One row per kind, settled if its morning is today or earlier."""
    plan = " UNION ALL ".join(f"SELECT '{kind}' AS kind, {kind.after} AS days" for kind in kinds)
    on = days.after(anchor, "days")
    rang = f"{on} <= {days.from_today('0')}"
    return f"""
    INSERT INTO reminder (lane, due, attempts, created_at, settled_at, outcome, error, key,
        trial_id, space_id, kind, anchor, rings_at)
    SELECT 'space/' || space_id, '2000-01-01 00:00:00.000000+00:00', 0,
        {days.morning("saved_on")}, CASE WHEN {rang} THEN {days.morning(on)} END,
        CASE WHEN {rang} THEN 'rang' ELSE '' END, '',
        id || '/' || kind.kind || '/' || {days.as_text(anchor)}, id, space_id, kind.kind, {anchor},
        {days.morning(on)}
    FROM trial CROSS JOIN ({plan}) AS kind WHERE {condition}
    """


def _messages(days: _Days) -> Iterator[str]:
    """Messages and events of the last 30 days, and the slot of each live trial's card."""
    settled = days.morning(days.from_today("-(h % 30)"))
    queued = f"{settled}, 0, {settled}, {settled}"
    yield f"""
    INSERT INTO outbox (lane, due, attempts, created_at, settled_at, outcome, error, call, address,
        bell, message_id, text, card, slot, trial_id, event)
    SELECT 'room:' || room_id || '/answer', {queued}, 'sent', '', 'post', 'room:' || room_id,
        h % 2 = 0, 'message-' || i, 'The trial ends', '{{}}', 'trial/' || i || '/card/1', i, 'e1'
    FROM crowd JOIN space ON space.id = space WHERE i % 10 = 0
    """
    yield f"""
    INSERT INTO inbox (lane, due, attempts, created_at, settled_at, outcome, error, key, resource,
        event, object_id, person_id, room_id, data, received_at)
    SELECT room_id || '/p', {queued}, 'done', '', 'messages/created/m' || i, 'messages', 'created',
        'm' || i, 'p', room_id, '{{}}', {settled}
    FROM crowd JOIN space ON space.id = space WHERE i % 10 = 0
    """
    yield """
    INSERT INTO slot (address, name, room_id, message_id, edits, line, written_by)
    SELECT 'room:' || room_id, 'trial/' || i || '/card/1', room_id, 'message-' || i, 0, '', 1
    FROM crowd JOIN space ON space.id = space WHERE live
    """
