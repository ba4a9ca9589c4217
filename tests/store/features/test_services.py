"""Services and licences of a running trial."""

from typing import Any

from sqlmodel import Session, select

from store.features import services
from store.features.expiry import NUMBERS_RELEASED
from store.features.services import Wanted
from store.refusals import NOTHING_TO_DO
from store.rules.eligibility import LAST_SERVICE, SERVICE_TAKEN, TAKES_AWAY
from store.tables import History, Reservation
from store.terms import MeetingsOption, Service
from tests.store.cast import TODAY, House, a_house, a_trial, by, open_reminders, refused


def test_adding_and_removing_services_updates_reservations(session: Session, house: House) -> None:
    summit = a_house(session, "summit")
    trial = a_trial(session, house)
    assert NUMBERS_RELEASED in open_reminders(session, trial)
    wanted = Wanted(
        services=[Service.MESSAGING, Service.MEETINGS],
        meetings_options=[MeetingsOption.ENTERPRISE],
        site="meadow",
        site_time_zone="Europe/Sofia",
    )
    with refused(TAKES_AWAY):
        services.set_services(session, trial.id, wanted=wanted, **by(house.admin))
    done: dict[str, Any] = {"sure": True, "done_on": TODAY}
    services.set_services(session, trial.id, wanted=wanted, **done, **by(house.admin))
    with refused(NOTHING_TO_DO):
        services.set_services(session, trial.id, wanted=wanted, **by(house.admin))
    assert [row.service for row in trial.services] == [Service.MESSAGING, Service.MEETINGS]
    assert NUMBERS_RELEASED not in open_reminders(session, trial)
    keys = session.exec(select(Reservation.key).where(Reservation.trial_id == trial.id)).all()
    assert sorted(keys) == [
        "email:clara@meadow.example:meetings",
        "email:clara@meadow.example:messaging",
        "site:meadow.webex.com",
    ]
    a_trial(session, summit, services=[Service.CALLING])
    with refused(SERVICE_TAKEN):
        services.set_services(
            session,
            trial.id,
            wanted=Wanted([Service.MESSAGING, Service.CALLING]),
            sure=True,
            **by(house.admin),
        )
    assert [row.service for row in trial.services] == [Service.MESSAGING, Service.MEETINGS]
    with refused(LAST_SERVICE):
        services.set_services(session, trial.id, wanted=Wanted([]), **by(house.admin))


def test_licences_change_from_one_number_to_another(session: Session, house: House) -> None:
    trial = a_trial(session, house)
    services.set_licences(
        session, trial.id, licences=200, device_licences=5, done_on=TODAY, **by(house.admin)
    )
    assert (trial.licences, trial.device_licences) == (200, 5)
    line = session.exec(select(History).order_by(History.id.desc())).first()
    assert (line.before["licences"], line.after["licences"]) == (100, 200)
