"""Settings: a new time zone or hour moves the reminders, in batches."""

from dataclasses import asdict, replace

from sqlmodel import Session, col, delete, select

from store import flags
from store.features import settings
from store.features.expiry import END_MINUS_14
from store.features.settings import PartnerSettings, SpaceSettings
from store.refusals import NOT_ALLOWED, NOTHING_FOR_YOU
from store.rules import calendars
from store.tables import Flag, Reminder, id_of
from tests.store.cast import NOW, House, a_house, a_trial, at, open_reminders, refused
from tests.store.statements import about_parts, statements

TOKYO = SpaceSettings(
    time_zone="Asia/Tokyo",
    reminder_hour=10,
    country="JP",
    working_days=False,
    weekly_digest=True,
    language="bg",
)


def hours(session: Session) -> set[int]:
    return {row.rings_at.hour for row in session.exec(select(Reminder)).all()}


def test_a_new_time_zone_or_hour_moves_every_reminder(session: Session, house: House) -> None:
    for number in range(5):
        a_trial(session, house, administrator=f"a@c{number}.example")
    assert hours(session) == {7}
    settings.set_space(session, house.space.id, TOKYO, by=house.full, now=at(1))
    session.expire_all()
    assert hours(session) == {1}
    assert not session.exec(select(Flag).where(Flag.name.startswith("replan"))).all()


def test_many_trials_are_replanned_in_batches(session: Session, house: House) -> None:
    for number in range(5):
        a_trial(session, house, administrator=f"a@c{number}.example")
    house.space.reminder_hour = 12
    settings.replan_later(session, house.space.id)
    seen = []
    while settings.replan_some(session, now=at(1), batch=2):
        session.expire_all()
        rows = session.exec(select(Reminder).where(Reminder.kind == "end+30")).all()
        seen.append(sum(row.rings_at.hour == 10 for row in rows))
    assert seen == [2, 4, 5]


def test_a_batch_asks_at_once_about_all_its_trials(session: Session, house: House) -> None:
    for number in range(3):
        a_trial(session, house, administrator=f"a@c{number}.example")
    settings.replan_later(session, house.space.id)
    session.expunge_all()
    with statements(session) as asked:
        assert settings.replan_some(session, now=at(1))
    assert not about_parts(asked)


def test_new_rules_of_zones_or_holidays_replan_everything_once(
    session: Session, house: House
) -> None:
    a_trial(session, house)
    flags.remember(session, "planned by", {"tzdata": "1997a", "holidays": "0"})
    for row in session.exec(select(Reminder)).all():
        row.rings_at = row.rings_at.replace(hour=3)
    assert settings.replan_by(session, calendars.versions(), now=NOW)
    assert settings.replan_some(session, now=NOW)
    session.expire_all()
    assert hours(session) == {7}
    assert not settings.replan_by(session, calendars.versions(), now=NOW)
    assert not settings.replan_some(session, now=NOW)


def test_a_process_with_other_rules_does_not_replan_by_them(session: Session, house: House) -> None:
    a_trial(session, house)
    assert settings.replan_by(session, {"tzdata": "2099a", "holidays": "9"}, now=NOW)
    assert not settings.replan_some(session, now=NOW)
    assert settings.replan_by(session, calendars.versions(), now=NOW)
    assert settings.replan_some(session, now=NOW)


def test_changing_the_language_replans_nothing(session: Session, house: House) -> None:
    same = SpaceSettings("Europe/Sofia", 9, "", False, False, "bg")
    settings.set_space(session, house.space.id, same, by=house.full, now=NOW)
    assert house.space.language == "bg"
    assert not session.exec(select(Flag)).all()
    assert not session.exec(select(Reminder)).all()


def test_a_partners_settings_are_stored(session: Session, house: House) -> None:
    wanted = PartnerSettings("Harbour", 2, "d@dist.example", False, (30, 60), (30, 90))
    settings.set_partner(session, house.partner.id, wanted, by=house.full)
    assert {name: getattr(house.partner, name) for name in ("tier", "extension_days")} == {
        "tier": 2,
        "extension_days": [30, 60],
    }
    assert asdict(wanted)["name"] == house.partner.name


def test_only_full_administrators_can_change_settings(session: Session, house: House) -> None:
    space_id = house.space.id
    for by, reason in [
        (house.admin, NOT_ALLOWED),
        (a_house(session, "summit").full, NOTHING_FOR_YOU),
    ]:
        with refused(reason):
            settings.set_space(session, space_id, replace(TOKYO), by=by, now=NOW)


def test_new_trials_are_planned_from_the_moment_they_were_added(session: Session) -> None:
    house = a_house(session)
    settings.replan_from(session, id_of(house.space), 7, since=at(2))
    settings.replan_from(session, id_of(house.space), 5, since=at(3))
    settings.replan_from(session, id_of(house.space), 9, since=at(1))
    [flag] = session.exec(select(Flag).where(col(Flag.name).startswith("replan/"))).all()
    assert flag.value == {"after": 4, "since": at(1).isoformat()}


def test_a_batch_that_comes_late_leaves_out_no_reminder(session: Session) -> None:
    house = a_house(session)
    trial = a_trial(session, house)
    session.exec(delete(Reminder).where(col(Reminder.trial_id) == trial.id))
    settings.replan_from(session, id_of(house.space), id_of(trial), since=at(1))
    assert settings.replan_some(session, now=at(20))
    assert END_MINUS_14 in open_reminders(session, trial)
