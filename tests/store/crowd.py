"""A database full of trials, made by the database itself: for query plans and benchmarks."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from store.db import Database
from tests.store.cast import TODAY, House, a_house

TRIALS = """
INSERT INTO trial (id, code, partner_id, space_id, customer_id, started_by, kind, state, version,
    sorts_on, todo_since, devices_due, saved_on, first_day, duration, ends, asked_on, cancelled_by,
    order_number, outcome, outcome_note, access, licences, device_licences, meetings_options, site,
    site_time_zone, locations, to_ship, skip_reason, set_up, extensions, let_go, customer_notices,
    customer_unreachable)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :trials),
    t AS (SELECT i, i % :partners + 1 AS p, i % 100 < :live AS live, {day} AS e FROM n)
SELECT i, 'C-' || i, p, p, i, p, 'new', CASE WHEN live THEN 'active' ELSE 'ended' END, 1,
    e, CASE WHEN live AND i % 7 = 0 THEN e END, CASE WHEN live AND i % 11 = 0 THEN e END,
    e, e, 30, e, NULL, '', CASE WHEN i % 3 = 0 THEN 'CCW-' || i ELSE '' END, '', '', 'unknown',
    100, 0, '[]', CASE WHEN i % 5 = 0 THEN 's' || i || '.webex.com' ELSE '' END, '', 0, '{empty}',
    '', 'later', 0, {no}, {yes}, {no}
FROM t
"""
CUSTOMERS = """
INSERT INTO customer (id, partner_id, company, company_key, administrator, domain, organisation_id,
    vertical, vertical_note, country, language, full_administrators)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :trials)
SELECT i, i % :partners + 1, 'Company ' || i, 'company ' || i, 'a@c' || i || '.example',
    'c' || i || '.example', 'org-' || i, '', '', 'BG', 'en', '[]' FROM n
"""
SERVICES = """
INSERT INTO trial_service (trial_id, service)
SELECT id, 'messaging' FROM trial UNION ALL SELECT id, 'calling' FROM trial
"""
RESERVATIONS = """
INSERT INTO reservation (key, trial_id)
SELECT 'email:a@c' || id || '.example:messaging', id FROM trial WHERE state = 'active'
"""
HISTORY = """
INSERT INTO history (trial_id, at, what, before, after, note)
SELECT id, '2026-11-01 08:00:00+00:00', 'started', '{empty}', '{empty}', '' FROM trial
"""
REMINDERS = """
INSERT INTO reminder (lane, due, attempts, created_at, outcome, error, key, trial_id, space_id,
    kind, anchor, rings_at)
SELECT 'space/' || space_id, '2000-01-01 00:00:00+00:00', 0, '2026-11-01 08:00:00+00:00', '', '',
    id || '/' || kinds.kind || '/' || {text_of_ends}, id, space_id, kinds.kind, ends,
    '2026-12-20 07:00:00+00:00'
FROM trial CROSS JOIN (SELECT 'end' AS kind UNION ALL SELECT 'end+15' UNION ALL SELECT 'end+27'
    UNION ALL SELECT 'end+29' UNION ALL SELECT 'end+30' UNION ALL SELECT 'end+31') AS kinds
WHERE state = 'active'
"""


@dataclass
class Crowd:
    """A partner among many, and the ids of its first trials."""

    house: House
    trials: int


def fill(database: Database, trials: int, partners: int = 100, live: int = 25) -> Crowd:
    """So many trials over so many partners, of which `live` percent run until in 60 days."""
    with database.transaction() as session:
        houses = [a_house(session, f"p{number}") for number in range(partners)]
        if not database.is_sqlite:  # what is made here refers to what is there
            session.execute(text("SET LOCAL session_replication_role = replica"))
        _run(session, CUSTOMERS, database, trials=trials, partners=partners)
        _run(session, TRIALS, database, trials=trials, partners=partners, live=live)
        for statement in (SERVICES, RESERVATIONS, HISTORY, REMINDERS):
            _run(session, statement, database)
        if not database.is_sqlite:
            for table in ("trial", "customer"):
                name = f"'{table}_id_seq'"
                session.execute(text(f"SELECT setval({name}, {trials + 1})"))
    with database._writers.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    return Crowd(houses[1], trials)


def _run(session: Session, statement: str, database: Database, **given: Any) -> None:
    begin, past, span = TODAY - timedelta(days=20), date(2026, 6, 1), 80
    sqlite = {
        "day": f"CASE WHEN i % 100 < :live THEN date('{begin}', (i / 100 % {span}) || ' day')"
        f" ELSE date('{past}', (-i / 100 % 300) || ' day') END",
        "text_of_ends": "ends",
        "yes": "1",
        "no": "0",
    }
    postgres = {
        "day": f"CASE WHEN i % 100 < :live THEN DATE '{begin}' + (i / 100 % {span})"
        f" ELSE DATE '{past}' - (i / 100 % 300) END",
        "text_of_ends": "to_char(ends, 'YYYY-MM-DD')",
        "yes": "true",
        "no": "false",
    }
    words = sqlite if database.is_sqlite else postgres
    session.execute(text(statement.replace("{empty}", "{{}}").format(**words)), given)
