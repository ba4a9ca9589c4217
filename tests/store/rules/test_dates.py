"""Dates calculated from other dates."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.features.consent import CONSENT_27
from store.features.device_extension import SHIPMENT_PAST_120, check_device_extension
from store.features.expiry import (
    END,
    END_MINUS_7,
    END_MINUS_14,
    GRACE_1,
    GRACE_27,
    GRACE_29,
    GRACE_30,
    NUMBERS_7,
)
from store.features.returns import DEVICE_7, DEVICE_WEEKLY
from store.refusals import DAY_IN_FUTURE, DAY_TOO_EARLY, Refused
from store.rules import dates, extensions, snoozes
from store.rules.extensions import NOT_AN_EXTENSION_CHOICE, SHORTENS, Caution
from store.rules.reminder_kinds import ReminderKind
from store.rules.snoozes import SNOOZE_PAST_DEADLINE
from store.terms import Service, State
from tests.store.examples import D, E, R, a_shipment, a_trial, calendar_days, days, rule


def test_deadlines_are_counted_in_whole_days() -> None:
    assert dates.end_of(date(2026, 3, 1), 30) == date(2026, 3, 31)
    assert dates.consent_deadline(date(2026, 3, 2)) == date(2026, 4, 1)
    assert dates.grace_end(date(2026, 3, 31)) == date(2026, 4, 30)
    assert dates.numbers_released(date(2026, 3, 31)) == date(2026, 5, 15)
    assert dates.due_back(date(2026, 5, 4)) == date(2026, 5, 18)
    assert dates.device_limit(date(2026, 1, 1)) == date(2026, 5, 1)
    assert dates.end_of(date(2028, 2, 1), 30) == date(2028, 3, 2)


# ------------------------------------------------------------------ extension


def test_an_extension_counts_from_today_not_from_the_old_end() -> None:
    """Cisco's own example: 65 days left and 30 more make 30, not 95."""
    today = E - days(65)
    extension = extensions.extension(a_trial(ends=E, first_day=today), today, 30)
    assert extension.new == today + days(30)
    assert extension.gained == -35
    assert extension.shortens
    assert extension.pays_from == E - days(29)


@pytest.mark.parametrize(
    ("done_after", "gained", "cautions"),
    [
        (-31, -1, ()),
        (-30, 0, ()),
        (-29, 1, ()),
        (0, 30, ()),
        (1, 31, (Caution.IN_GRACE,)),
        (30, 60, (Caution.IN_GRACE,)),
    ],
)
def test_days_gained_by_an_extension(done_after: int, gained: int, cautions: tuple) -> None:
    extension = extensions.extension(a_trial(ends=E), E + days(done_after), 30)
    assert (extension.old, extension.new) == (E, E + days(gained))
    assert extension.gained == gained
    assert extension.shortens is (gained <= 0)
    assert extension.warnings == cautions


@pytest.mark.parametrize(
    ("before", "total", "cautions"),
    [
        (0, 120, ()),
        (0, 121, (Caution.PAST_120,)),
        (1, 120, (Caution.REPEATED,)),
        (2, 150, (Caution.REPEATED, Caution.PAST_120)),
    ],
)
def test_a_second_extension_and_more_than_120_days_give_warnings(
    before: int, total: int, cautions: tuple
) -> None:
    trial = a_trial(ends=E, first_day=E + days(30 - total), extensions=before)
    assert extensions.extension(trial, E, 30).warnings == cautions


def test_an_existing_customers_days_count_from_provisioning() -> None:
    trial = a_trial(ends=E, first_day=E - days(110), provisioned_on=E - days(90))
    assert Caution.PAST_120 not in extensions.extension(trial, E, 30).warnings


def test_an_extension_must_be_a_choice_and_shortening_is_confirmed() -> None:
    longer = extensions.extension(a_trial(ends=E), E, 30)
    extensions.check_extension(longer, 30, [30])
    with pytest.raises(Refused) as refused:
        extensions.check_extension(longer, 60, [30])
    assert refused.value.reason is NOT_AN_EXTENSION_CHOICE

    shorter = extensions.extension(a_trial(ends=E), E - days(30), 30)
    with pytest.raises(Refused) as refused:
        extensions.check_extension(shorter, 30, [30])
    assert refused.value.reason is SHORTENS
    assert refused.value.facts["pays_from"] == E - days(29)
    extensions.check_extension(shorter, 30, [30], shorten=True)


@rule
@given(calendar_days, st.integers(-400, 30), st.sampled_from([30, 60, 90]))
def test_an_extension_reports_the_days_gained_and_their_start(
    ends: date, after: int, count: int
) -> None:
    trial, today = a_trial(ends=ends), ends + days(after)
    extension = extensions.extension(trial, today, count)
    assert extension.new == today + days(count)
    assert extension.old + days(extension.gained) == extension.new
    assert extension.shortens is (today < extension.pays_from)
    assert extensions.extension(trial, extension.pays_from, count).gained == 1
    assert extensions.extension(trial, extension.pays_from - days(1), count).gained == 0
    assert (Caution.IN_GRACE in extension.warnings) is (today > ends)
    assert trial.ends == ends


# ------------------------------------------------------------------ done date in Partner Hub


def test_a_done_date_is_neither_in_the_future_nor_too_early() -> None:
    dates.check_done_on(R, R)
    dates.check_done_on(R - days(300), R)
    dates.check_done_on(R, R, not_before=R)
    with pytest.raises(Refused) as refused:
        dates.check_done_on(R + days(1), R)
    assert refused.value.reason is DAY_IN_FUTURE
    with pytest.raises(Refused) as refused:
        dates.check_done_on(R - days(1), R, not_before=R)
    assert refused.value.reason is DAY_TOO_EARLY


# ------------------------------------------------------------------ devices


@pytest.mark.parametrize(
    ("started", "shipped", "until", "refused"),
    [
        (R, None, R + days(120), False),
        (R, None, R + days(121), True),
        (None, R, R + days(120), False),
        (None, R, R + days(121), True),
        (R, R - days(20), R + days(120), False),
        (None, None, R + days(900), False),
    ],
)
def test_devices_may_be_tried_for_120_days_in_total(
    started: date | None, shipped: date | None, until: date, refused: bool
) -> None:
    shipment = a_shipment(trial_started_on=started, shipped_on=shipped)
    if not refused:
        check_device_extension(shipment, until)
        return
    with pytest.raises(Refused) as raised:
        check_device_extension(shipment, until)
    assert raised.value.reason is SHIPMENT_PAST_120
    assert raised.value.facts["limit"] == R + days(120)


def test_a_shipment_is_back_when_every_serial_is_or_somebody_confirms() -> None:
    shipment = a_shipment()
    assert not dates.all_back(shipment)
    shipment.serials[0].returned_on = D
    assert not dates.all_back(shipment)
    shipment.serials[1].returned_on = D
    assert dates.all_back(shipment)
    unnumbered = a_shipment()
    unnumbered.serials = []
    assert not dates.all_back(unnumbered)
    unnumbered.returned_on = D
    assert dates.all_back(unnumbered)


# ------------------------------------------------------------------ snooze


@pytest.mark.parametrize(
    ("kind", "today", "count", "allowed"),
    [
        (END_MINUS_14, E - days(14), 3, True),
        (END_MINUS_7, E - days(3), 3, True),
        (END_MINUS_7, E - days(2), 3, False),
        (END_MINUS_7, E - days(2), 1, True),
        (END, E, 1, False),
        (GRACE_1, E + days(1), 3, True),
        (GRACE_27, E + days(27), 1, True),
        (GRACE_27, E + days(27), 3, False),
        (GRACE_29, E + days(29), 1, False),
        (GRACE_30, E + days(30), 1, False),
        (END_MINUS_14, E - days(14), 2, False),
    ],
)
def test_a_snooze_never_passes_the_next_deadline(
    kind: ReminderKind, today: date, count: int, allowed: bool
) -> None:
    trial = a_trial(ends=E)
    if allowed:
        assert snoozes.snooze(trial, kind, today, count) == today + days(count)
        return
    with pytest.raises(Refused) as refused:
        snoozes.snooze(trial, kind, today, count)
    assert refused.value.reason is SNOOZE_PAST_DEADLINE


def test_consent_devices_and_numbers_have_their_own_deadlines() -> None:
    asked = a_trial(State.CONSENT, ends=None, asked_on=R)
    assert snoozes.next_deadline(asked, CONSENT_27, R + days(27)) == R + days(30)

    trial = a_trial(State.CANCELLED, Service.CALLING)
    trial.shipments = [a_shipment(D), a_shipment(D + days(9), 4)]
    assert snoozes.next_deadline(trial, DEVICE_7, D + days(7)) == D + days(14)
    assert snoozes.next_deadline(trial, DEVICE_WEEKLY, D + days(21)) == D + days(23)
    assert snoozes.next_deadline(trial, DEVICE_WEEKLY, D + days(24)) is None
    trial.shipments[0].returned_on = D
    assert snoozes.next_deadline(trial, DEVICE_7, D) == D + days(23)

    ended = a_trial(State.ENDED, Service.CALLING)
    assert snoozes.next_deadline(ended, NUMBERS_7, E + days(38)) == E + days(45)


# ------------------------------------------------------------------ working days

CHRISTMAS = frozenset(date(2026, 12, day) for day in (24, 25, 26))


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2026, 12, 23), date(2026, 12, 23)),  # a Wednesday
        (date(2026, 12, 24), date(2026, 12, 23)),
        (date(2026, 12, 27), date(2026, 12, 23)),  # Sunday after the holidays
        (date(2026, 12, 28), date(2026, 12, 28)),
    ],
)
def test_the_working_day_before_skips_weekends_and_holidays(day: date, before: date) -> None:
    assert dates.working_day_before(day, CHRISTMAS) == before


def test_a_country_may_have_a_different_weekend() -> None:
    friday, sunday = date(2026, 12, 18), date(2026, 12, 20)
    weekend = frozenset({4, 5})
    assert dates.working_day_before(friday, weekend=weekend) == friday - days(1)
    assert dates.working_day_before(sunday, weekend=weekend) == sunday


@rule
@given(calendar_days, st.frozensets(calendar_days, max_size=30))
def test_the_working_day_before_is_the_nearest_working_day(day: date, holidays: frozenset) -> None:
    before = dates.working_day_before(day, holidays)
    assert dates.is_working_day(before, holidays)
    skipped = [before + timedelta(days=n) for n in range(1, (day - before).days + 1)]
    assert not any(dates.is_working_day(each, holidays) for each in skipped)


def test_a_calendar_without_working_days_moves_nothing() -> None:
    assert dates.working_day_before(E, weekend=frozenset(range(7))) == E
