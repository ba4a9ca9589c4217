"""`export` and `history export`: everything that a person may see, as a file."""

from datetime import date

import pytest

from store.features.roles import give
from store.tables import Serial, Shipment
from store.terms import DeviceType, Role
from tests.spreadsheets import file_of, table
from tests.stage import Stage


def test_the_file_has_cisco_s_dates_and_the_wanted_ones(stage: Stage) -> None:
    trial = stage.a_trial(organisation_id="7b3f1c1e-5d0f-4a53-9d5b-2a4d1f9f0c11", licences=40)
    stage.clock.days(10)
    stage.tom.says(f"extend {trial.code}").sees("Extending today").presses("Extend")
    stage.tom.sees("if done today")
    stage.tom.says("export")
    [row] = table(file_of(stage.tom, stage.tom.sees("1 trial in a CSV file")))
    assert row["Code"] == trial.code
    assert (row["First day"], row["Last day"]) == ("2026-12-01", "2026-12-31")
    assert (row["Wanted first day"], row["Wanted last day"]) == ("", "2027-01-10")
    assert row["To do in Partner Hub"] == "Extend the trial"
    assert row["Status"] == "Trial active"
    assert row["Services"] == "Messaging"
    assert row["Licences"] == "40"
    assert row["Organisation ID"] == "7b3f1c1e-5d0f-4a53-9d5b-2a4d1f9f0c11"
    assert row["Started by"] == stage.tom.email


def test_a_trial_not_started_at_cisco_has_only_wanted_dates(stage: Stage) -> None:
    stage.a_trial(done_on=None)
    stage.tom.says("export")
    [row] = table(file_of(stage.tom, stage.tom.sees("1 trial in a CSV file")))
    assert (row["First day"], row["Last day"]) == ("", "")
    assert (row["Wanted first day"], row["Wanted last day"]) == ("2026-12-01", "2026-12-31")
    assert row["Status"] == "To be started in Partner Hub"


def test_each_shipment_has_a_row(stage: Stage) -> None:
    trial = stage.a_trial()
    with stage.database.transaction() as session:
        for kind in (DeviceType.PHONE, DeviceType.BOARD):
            out = Shipment(trial_id=trial.id, type=kind, models={"8865": 2}, country="BG")
            out.expires_on = date(2027, 1, 4)
            out.serials = [Serial(shipment_id=0, serial=f"FCH2233{kind[:4].upper()}")]
            session.add(out)
    stage.tom.says("export")
    phones, boards = table(file_of(stage.tom, stage.tom.sees("CSV file")))
    assert phones["Code"] == boards["Code"] == trial.code
    assert (phones["Device type"], phones["Device models"]) == ("Phones", "2 × 8865")
    assert (phones["Serial numbers"], boards["Serial numbers"]) == ("FCH2233PHON", "FCH2233BOAR")
    assert phones["Device trial until"] == "2027-01-04"


@pytest.mark.parametrize("company", ["=1+1", "+49 GmbH", "-x", "@cmd", "'=quoted"])
def test_no_name_is_a_formula(stage: Stage, company: str) -> None:
    stage.a_trial(company=company)
    stage.tom.says("export")
    [row] = table(file_of(stage.tom, stage.tom.sees("CSV file")))
    assert row["Customer"] == f"'{company}"


def test_where_commas_are_decimal_semicolons_separate(stage: Stage) -> None:
    stage.a_trial(company="Ливада ООД")
    alone = stage.viktor.alone().says("language bg")
    alone.sees("български").who.says("експорт")
    content = file_of(alone, alone.sees("1 пробен период в CSV файл"))
    [row] = table(content, ";")
    assert row["Клиент"] == "Ливада ООД"
    assert "Customer" not in row


# ------------------------------------------------------------------ who


def of_summit(stage: Stage) -> None:
    """A trial of the other partner."""
    place = {"by": "petra", "room": "other-partner-space"}
    stage.a_trial(**place, company="Of Summit", administrator="a@summit.example")


def test_people_get_only_what_they_may_see(stage: Stage) -> None:
    stage.a_trial(company="Of Harbour")
    stage.a_trial(
        by="petra", room="other-partner-space", company="Of Summit", administrator="a@b.de"
    )
    for who, company in ((stage.viktor, "Of Harbour"), (stage.petra, "Of Summit")):
        who.says("export")
        [row] = table(file_of(who, who.sees("1 trial in a CSV file")))
        assert row["Customer"] == company
    stage.jo.says("export").sees("nothing")
    stage.clara.says("export").sees("nothing")


def test_one_to_one_it_is_of_all_of_one_s_partners(stage: Stage) -> None:
    stage.a_trial(company="Of Harbour")
    stage.a_trial(
        by="petra", room="other-partner-space", company="Of Summit", administrator="a@b.de"
    )
    with stage.database.transaction() as session:
        give(
            session,
            2,
            email=stage.viktor.email,
            role=Role.READ_ONLY,
            by=None,
            now=stage.clock.now(),
        )
    stage.viktor.says("export").sees("1 trial in a CSV file")
    alone = stage.viktor.alone().says("export")
    assert {row["Customer"] for row in table(file_of(alone, alone.sees("2 trials in a CSV")))} == {
        "Of Harbour",
        "Of Summit",
    }


# ------------------------------------------------------------------ history


def test_history_is_a_file_of_one_trial_or_of_all(stage: Stage) -> None:
    one = stage.a_trial(company="Meadow Foods")
    stage.a_trial(company="Other", administrator="a@other.example")
    stage.tom.says(f"note {one.code} =called **Clara**").sees("Note added")
    stage.tom.says(f"history export {one.code}")
    rows = table(file_of(stage.tom, stage.tom.sees("entries of history in a CSV file")))
    assert {row["Code"] for row in rows} == {one.code}
    assert "=called Clara" in rows[0]["What"]
    assert rows[0]["Who"] == "Tom Okafor"
    assert rows[0]["When (UTC)"] == "2026-12-01 07:00"
    stage.tom.says("history export")
    rows = table(file_of(stage.tom, stage.tom.sees("entries of history in a CSV file")))
    assert {row["Customer"] for row in rows} == {"Meadow Foods", "Other"}


def test_a_choice_among_several_trials_leads_to_the_file(stage: Stage) -> None:
    one = stage.a_trial(company="Meadow Foods")
    stage.a_trial(company="Meadow Farms", administrator="a@farms.example")
    stage.tom.says("history export meadow")
    stage.tom.sees("Which trial do you mean?").opens("Meadow Foods")
    rows = table(file_of(stage.tom, stage.tom.sees("of history in a CSV file")))
    assert {row["Code"] for row in rows} == {one.code}


def test_nobody_gets_the_history_of_others(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.petra.says(f"history export {trial.code}").sees("Nothing found")
    stage.petra.says("history export")
    assert table(file_of(stage.petra, stage.petra.sees("0 entries of history"))) == []
    stage.jo.says("history export").sees("nothing")
