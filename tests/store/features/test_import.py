"""Importing the same trials from two people at once."""

from collections.abc import Callable

from sqlmodel import Session, select

from cards.features.import_rows import parse
from store.act import Act
from store.database.database import Database
from store.features import import_bulk, roles, uploads
from store.features.import_bulk import NOTHING_TO_IMPORT
from store.features.import_trials import examine
from store.tables import Customer, History, Person, Space, Trial, Upload, id_of
from store.terms import Role
from tests.store.cast import NOW, a_house
from tests.store.features.test_races import at_once

ROWS = [f"Customer {n},a@c{n}.example,{NOW.date()},30,Messaging" for n in range(50)]
FILE = "\n".join(["Customer,E-mail,First day,Duration,Services", *ROWS]).encode()


def kept(session: Session, by: Person, space: Space) -> int:
    """A file that this person has sent."""
    parsed = parse(FILE)
    act, about = Act(by, NOW), parsed.about()
    return id_of(
        uploads.keep(session, act, space, file_name="t.csv", rows=parsed.rows, about=about)
    )


def importing(session: Session, upload_id: int, by: Person) -> Callable[[Session], int]:
    """What this person's press of *Import* does, once the rows were examined."""
    before = examine(session, session.get_one(Upload, upload_id), Act(by, NOW))

    def write(session: Session) -> int:
        upload = session.get_one(Upload, upload_id)
        return len(import_bulk.write(session, upload, Act(session.merge(by), NOW), before).trials)

    return write


def test_two_people_importing_one_file_at_once_import_each_trial_once(database: Database) -> None:
    with database.transaction() as session:
        house = a_house(session)
        mail = house.other.email
        roles.give(session, id_of(house.partner), email=mail, role=Role.FULL, by=None, now=NOW)
        people = [house.full, house.other]
        files = [kept(session, who, house.space) for who in people]
        acts = [importing(session, *each) for each in zip(files, people, strict=True)]
    results = at_once(database, *acts)
    assert sorted(map(str, results)) == sorted(map(str, [50, NOTHING_TO_IMPORT]))
    with database.reading() as session:
        for table in (Trial, Customer, History):
            assert len(session.exec(select(table)).all()) == 50
