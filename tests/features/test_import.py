"""`import`: trials from a file, after a preview."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import col, delete, select

from bot.conversation import routes
from bot.conversation.turn import Turn
from bot.webex.beyond_sdk import FILE_LIMIT
from cards.kit.forms import Form
from store.features.roles import give
from store.features.settings import BATCH
from store.tables import (
    Consent,
    Customer,
    Outbox,
    Partner,
    Reservation,
    Shipment,
    Space,
    Trial,
    Upload,
)
from store.terms import Kind, Role, Service, State
from tests.people import Person, wait_for
from tests.spreadsheets import file_of, table
from tests.stage import Stage

HEAD = "Customer;Administrator e-mail;First day;Duration (days);Services"
MEADOW = "Meadow Foods;clara@meadow-foods.example;2026-11-20;30;Messaging, Calling"
PINE = "Pine Hill;paul@pine.example;2026-11-25;60;Meetings"


def sends(
    who: Person, *lines: str, encoding: str = "utf-8-sig", name: str = "trials.csv"
) -> Person:
    """Send a file with the command."""
    content = "\r\n".join(lines).encode(encoding)
    return who.says("import", file=(name, content, "text/csv"))


def trials(stage: Stage) -> dict[str, Trial]:
    """Every trial, by its customer."""
    with stage.database.reading() as session:
        rows = session.exec(select(col(Customer.company), Trial).join(Trial))
        return {company: trial for company, trial in rows}


def test_a_file_is_shown_before_it_is_imported(stage: Stage) -> None:
    sends(stage.nora, HEAD, MEADOW, PINE)
    preview = stage.nora.sees("Import from trials.csv", "Nothing has been written yet")
    preview.shows("UTF-8", "semicolon", "2 trials can be imported into partner-space")
    assert not trials(stage)
    preview.presses("Import 2 trials")
    stage.nora.sees("2 trials imported", "Nobody was asked for consent")
    meadow = trials(stage)["Meadow Foods"]
    assert (meadow.state, meadow.kind) == (State.ACTIVE, Kind.NEW)
    assert (meadow.first_day, meadow.ends) == (date(2026, 11, 20), date(2026, 12, 20))
    stage.nora.says(f"show {meadow.code}").sees("Meadow Foods", "19 days left", "Messaging")
    stage.nora.says(f"history {meadow.code}")
    stage.nora.sees("Nora Lindqvist imported this trial from trials.csv")
    assert not stage.nora.finds("to do in Partner Hub")


def test_only_future_reminders_are_planned_and_nobody_is_written_to(stage: Stage) -> None:
    sends(stage.nora, HEAD, MEADOW)
    stage.nora.sees("1 trial can").presses("Import 1 trial")
    stage.nora.sees("1 trial imported")
    stage.idle()
    planned = stage.open_reminders(trials(stage)["Meadow Foods"])
    assert planned[0] == "end-14"
    with stage.database.reading() as session:
        assert not session.exec(select(Consent)).all()
        said = session.exec(select(Outbox)).all()
        assert {row.address for row in said} == {f"room:{stage.rooms['partner-space']}"}


def test_whether_customers_will_get_notices_is_said_before(stage: Stage) -> None:
    said = "the customers get notices"
    sends(stage.nora, HEAD, MEADOW)
    stage.nora.sees("1 trial can", said)
    with stage.database.transaction() as session:
        session.get_one(Partner, 1).customer_notices = False
    sends(stage.nora, HEAD, MEADOW)
    stage.nora.sees("1 trial can").lacks(said).presses("Import 1 trial")
    stage.nora.sees("1 trial imported")
    assert not trials(stage)["Meadow Foods"].customer_notices


def test_the_reminders_of_many_trials_are_planned_in_batches(stage: Stage) -> None:
    rows = [f"Customer {n};a@c{n}.example;2026-11-20;30;Messaging" for n in range(BATCH + 50)]
    sends(stage.nora, HEAD, *rows)
    stage.nora.sees("150 trials can").presses("Import 150 trials")
    stage.nora.sees("150 trials imported")
    last = trials(stage)[f"Customer {BATCH + 49}"]
    wait_for(lambda: stage.open_reminders(last), "its reminders were never planned")
    assert stage.open_reminders(last)[0] == "end-14"


def test_each_trial_is_as_partner_hub_shows_it(stage: Stage) -> None:
    sends(
        stage.nora,
        "Customer;E-mail;Status;Start date;End date;Requested on;Accepted on;Services",
        "In Grace;a@grace.example;Trial expired;2026-10-20;2026-11-19;;;Messaging",
        "Asks;a@asks.example;Pending consent;;;2026-11-20;;Messaging",
        "Accepted;a@accepted.example;;;;2026-11-10;2026-11-22;Calling",
        "Extended;a@extended.example;Active;2026-09-01;2026-12-24;;2026-08-30;Meetings",
    )
    stage.nora.sees("4 trials can").presses("Import 4 trials")
    stage.nora.sees("4 trials imported")
    found = trials(stage)
    assert {name: trial.state for name, trial in found.items()} == {
        "In Grace": State.ACTIVE,
        "Asks": State.CONSENT,
        "Accepted": State.PROVISIONING,
        "Extended": State.ACTIVE,
    }
    assert found["Asks"].sorts_on == date(2026, 12, 20)
    assert found["Extended"].kind is Kind.EXISTING
    stage.nora.says(f"show {found['In Grace'].code}").sees("in grace")
    stage.nora.says(f"show {found['Asks'].code}").sees("pending customer consent")
    stage.nora.says(f"provisioned {found['Accepted'].code}").sees("provisioned")
    assert "end+27" in stage.open_reminders(found["In Grace"])
    assert stage.open_reminders(found["Asks"])[0] == "consent+20"


def test_devices_come_with_their_serial_numbers(stage: Stage) -> None:
    sends(
        stage.nora,
        f"{HEAD};Device type;Device models;Device trial until;Serial numbers",
        f"{MEADOW};Phones;2 × 8865;2027-01-04;FCH2233ABCD, FCH2233ABCE",
        f"{MEADOW};Boards;Board 55;2027-01-05;FOC1234ABCD",
        "Gone;a@gone.example;2026-05-01;30;Messaging;Phones;8865;2026-12-20;FCH9999ABCD",
    )
    stage.nora.sees("2 trials can").presses("Import 2 trials")
    stage.nora.sees("2 trials imported")
    found = trials(stage)
    assert found["Gone"].state is State.ENDED
    with stage.database.reading() as session:
        rows = session.exec(select(Shipment).order_by(col(Shipment.id))).all()
        assert [(row.trial_id, row.type, len(row.serials)) for row in rows] == [
            (found["Meadow Foods"].id, "phone", 2),
            (found["Meadow Foods"].id, "board", 1),
            (found["Gone"].id, "phone", 1),
        ]
    stage.nora.says("list devices").sees("Meadow Foods", "Gone")


LEFT = (
    "Customer;E-mail;First day;Duration;Services;Status;Converted on;Cancelled on;Device type;"
    "Device trial until;Devices returned on"
)


def test_what_was_converted_or_cancelled_comes_while_its_devices_are_out(stage: Stage) -> None:
    sends(
        stage.nora,
        LEFT,
        "Bought;a@bought.example;2026-11-10;60;Meetings;Purchased;2026-11-20;;Phones;2026-12-20;",
        "Left;a@left.example;2026-11-10;60;Calling;;;2026-11-21;Boards;2026-12-21;",
    )
    stage.nora.sees("2 trials can").presses("Import 2 trials")
    stage.nora.sees("2 trials imported")
    found = trials(stage)
    bought, left = found["Bought"], found["Left"]
    assert (bought.state, bought.converted_on) == (State.CONVERTED, date(2026, 11, 20))
    assert (left.state, left.cancelled_on) == (State.CANCELLED, date(2026, 11, 21))
    for trial in (bought, left):
        assert {"device-7", "device+7", "device+14"} <= {*stage.open_reminders(trial)}
    with stage.database.reading() as session:
        assert not session.exec(select(Reservation)).all()
    stage.nora.says("list devices").sees("Bought", "Left")
    stage.nora.says(f"show {left.code}").sees("Cancelled", "21 Nov 2026").lacks("No consent")


def test_a_trial_that_left_early_needs_its_day_and_devices_that_are_out(stage: Stage) -> None:
    sends(
        stage.nora,
        LEFT,
        "No Day;a@a.example;2026-11-10;60;Meetings;Purchased;;;Phones;2026-12-20;",
        "No Devices;a@b.example;2026-11-10;60;Meetings;Cancelled;;2026-11-20;;;",
        "All Back;a@c.example;2026-11-10;60;Meetings;Cancelled;;2026-11-20;Phones;;2026-11-25",
        "Both;a@d.example;2026-11-10;60;Meetings;;2026-11-20;2026-11-20;Phones;;",
        "Runs;a@e.example;2026-11-10;60;Meetings;Active;;2026-11-20;Phones;;",
        "Too Early;a@f.example;2026-11-10;60;Meetings;;;2026-11-09;Phones;;",
        "Too Late;a@g.example;2026-11-10;60;Meetings;;;2026-12-02;Phones;;",
    )
    card = stage.nora.sees("0 trials can", "7 rows can't")
    card.shows("Line 2", "No day is given: Converted on", "Line 3", "over", "Line 4", "over")
    card.shows("Line 5", "contradict", "Line 6", "contradict", "Line 7", "before its first day")
    card.shows("Line 8", "future")


# ------------------------------------------------------------------ bad rows


def test_each_bad_row_is_named_with_its_reason(stage: Stage) -> None:
    sends(
        stage.nora,
        HEAD,
        MEADOW,
        "No Address;;2026-11-20;30;Messaging",
        "Bad Day;a@b.example;soon;30;Messaging",
        "Excel;a@c.example;45988;30;Messaging",
        "Strange;a@d.example;2026-11-20;30;Faxing",
        "Long Gone;a@e.example;2026-01-20;30;Messaging",
        "Later;a@f.example;2027-01-20;30;Messaging",
        f"Ours;{stage.tom.email};2026-11-20;30;Messaging",
        "Meadow Again;clara@meadow-foods.example;2026-11-20;30;Messaging",
        "Meadow Overlaps;clara@meadow-foods.example;2026-11-21;30;Calling",
    )
    first = stage.nora.sees("1 trial can be imported", "9 rows can't be imported")
    first.shows("Line 3", "No Address", "This is required")
    first.shows("Line 4", "“soon” isn't a date", "Line 5", "Excel's number", "Line 6", "Faxing")
    first.shows("Line 7", "Long Gone", "over", "Line 8", "Line 9", "your own people", "Page 1 of 2")
    first.presses("Next")
    second = stage.nora.sees("Line 11", "Meadow Overlaps", "Line 2 already has this trial")
    second.lacks("No Address").presses("Import 1 trial")
    stage.nora.sees("1 trial imported", "9 rows were left out")
    assert {*trials(stage)} == {"Meadow Foods"}


def test_days_that_can_t_be_true_are_refused(stage: Stage) -> None:
    sends(
        stage.nora,
        "Customer;E-mail;First day;Last day;Services;Device type;Devices returned on",
        "Long;a@long.example;2026-11-20;2062-12-20;Messaging;;",
        "Old;a@old.example;2016-11-20;2026-12-20;Messaging;;",
        "Back;a@back.example;2026-11-20;2026-12-20;Messaging;Phone;2027-11-01",
        "Longest;a@longest.example;2025-01-01;2027-01-01;Messaging;;",
    )
    card = stage.nora.sees("1 trial can", "3 rows can't")
    card.shows("Line 2", "20 Nov 2026 to", "no trial is that long", "Line 3", "Line 4", "future")


def test_the_same_file_twice_changes_nothing(stage: Stage) -> None:
    for _ in range(2):
        sends(stage.nora, HEAD, MEADOW, PINE)
        preview = stage.nora.sees("Import from")
        if "Import 2 trials" in preview.buttons:
            preview.presses("Import 2 trials")
            stage.nora.sees("2 trials imported")
    preview.shows("0 trials can", "2 rows are already here")
    assert preview.buttons == ["Discard"]
    assert len(trials(stage)) == 2


ACME, BETA = "7b3f1c1e-5d0f-4a53-9d5b-2a4d1f9f0c11", "8c3f1c1e-5d0f-4a53-9d5b-2a4d1f9f0c12"


def test_one_administrator_can_have_several_trials_from_one_day(stage: Stage) -> None:
    rows = [
        f"Acme;a@acme.example;2026-11-20;30;Messaging;{ACME}",
        f"Acme;a@acme.example;2026-11-20;60;Calling;{ACME}",
        f"Beta;a@acme.example;2026-11-20;90;Meetings;{BETA}",
    ]
    sends(stage.nora, f"{HEAD};Organisation ID", *rows)
    stage.nora.sees("3 trials can").lacks("can't be imported").presses("Import 3 trials")
    stage.nora.sees("3 trials imported").who.says("export")
    content = file_of(stage.nora, stage.nora.sees("3 trials in a CSV file"))
    assert [
        (row["Customer"], row["Organisation ID"], row["Services"]) for row in table(content)
    ] == [
        ("Acme", ACME, "Messaging"),
        ("Acme", ACME, "Calling"),
        ("Beta", BETA, "Meetings"),
    ]
    sends(stage.nora, f"{HEAD};Organisation ID", *rows)
    stage.nora.sees("0 trials can", "3 rows are already here")


def test_an_exported_trial_is_known_by_its_code_whatever_changed_since(stage: Stage) -> None:
    trial = stage.a_trial(services=[Service.MESSAGING])
    stage.nora.says("export")
    content = file_of(stage.nora, stage.nora.sees("1 trial in a CSV file"))
    with stage.database.transaction() as session:
        found = session.get_one(Trial, trial.id)
        found.first_day, found.services[0].service = date(2026, 11, 28), Service.CALLING
        session.exec(delete(Reservation))
    stage.nora.says("import", file=("again.csv", content, "text/csv"))
    stage.nora.sees("0 trials can", "1 row is already here")


def test_an_imported_trial_is_known_by_the_services_it_came_with(stage: Stage) -> None:
    sends(stage.nora, HEAD, MEADOW)
    stage.nora.sees("1 trial can").presses("Import 1 trial")
    stage.nora.sees("1 trial imported")
    with stage.database.transaction() as session:
        [found] = session.exec(select(Trial)).all()
        del found.services[1:]
        found.services[0].service = Service.MEETINGS
        session.exec(delete(Reservation))
    sends(stage.nora, HEAD, MEADOW)
    stage.nora.sees("0 trials can", "1 row is already here")


def test_two_presses_import_once(stage: Stage) -> None:
    sends(stage.nora, HEAD, MEADOW)
    preview = stage.nora.sees("1 trial can")
    preview.presses("Import 1 trial")
    preview.presses("Import 1 trial")
    stage.nora.sees("This import is over")
    assert len(trials(stage)) == 1


def test_what_another_partner_trials_is_not_said_and_counted(stage: Stage) -> None:
    place = {"by": "petra", "room": "other-partner-space"}
    for n in range(11):
        stage.a_trial(**place, company=f"Summit {n}", administrator=f"a@c{n}.example")
    rows = [f"Customer {n};a@c{n}.example;2026-11-20;30;Messaging" for n in range(12)]
    sends(stage.nora, HEAD, *rows)
    first = stage.nora.sees("12 rows can't be imported", "already on trial").lacks("Summit")
    first.presses("Next")
    stage.nora.sees("Line 12", "Too many attempts")
    sends(stage.nora, HEAD, "New;new@new.example;2026-11-20;30;Messaging")
    stage.nora.sees("0 trials can", "Too many attempts")


def test_what_the_preview_counted_as_good_is_imported(stage: Stage) -> None:
    place = {"by": "petra", "room": "other-partner-space"}
    for n in range(9):
        stage.a_trial(**place, company=f"Summit {n}", administrator=f"a@c{n}.example")
    taken = [f"Customer {n};a@c{n}.example;2026-11-20;30;Messaging" for n in range(9)]
    sends(stage.nora, HEAD, *taken, MEADOW)
    stage.nora.sees("1 trial can", "9 rows can't").presses("Next")
    second = stage.nora.sees("Line 10", "Page 2 of 2").lacks("Too many attempts")
    second.presses("Previous")
    first = stage.nora.sees("1 trial can", "Line 2").lacks("Too many attempts")
    first.presses("Import 1 trial")
    stage.nora.sees("1 trial imported", "9 rows were left out")
    assert "Meadow Foods" in trials(stage)
    sends(stage.nora, HEAD, *taken)
    stage.nora.sees("Too many attempts")


def test_one_of_our_own_trials_is_named(stage: Stage) -> None:
    trial = stage.a_trial()
    email = stage.clara.email
    sends(stage.nora, HEAD, f"Meadow;{email};2026-11-20;30;Messaging")
    stage.nora.sees("1 row can't be imported", trial.code)


def test_what_changes_while_the_rows_are_examined_counts(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = routes.presses["import.confirm"]

    def examined_then_overtaken(turn: Turn, form: Form) -> Mapping[str, Any]:
        assert route.prepare
        examined = route.prepare(turn, form)
        stage.a_trial(company="Meadow", administrator="clara@meadow-foods.example")
        return examined

    slowly = replace(route, prepare=examined_then_overtaken)
    monkeypatch.setitem(routes.presses, "import.confirm", slowly)
    sends(stage.nora, HEAD, MEADOW, PINE)
    stage.nora.sees("2 trials can").presses("Import 2 trials")
    stage.nora.sees("1 trial imported", "1 row was left out")
    assert {*trials(stage)} == {"Meadow", "Pine Hill"}


# ------------------------------------------------------------------ questions


def test_days_that_could_be_two_are_asked_once(stage: Stage) -> None:
    sends(stage.nora, HEAD, MEADOW.replace("2026-11-20", "11/10/2026"))
    asked = stage.nora.sees("could have the day or the month first").presses
    asked("Continue")
    card = stage.nora.sees("This is required").fills(order="month-first")
    card.presses("Continue")
    stage.nora.sees("1 trial can").presses("Import 1 trial")
    stage.nora.sees("1 trial imported")
    assert trials(stage)["Meadow Foods"].first_day == date(2026, 11, 10)


def test_a_clear_day_decides_for_the_whole_file(stage: Stage) -> None:
    unclear, clear = (
        MEADOW.replace("2026-11-20", "03/11/2026"),
        PINE.replace("2026-11-25", "25/11/2026"),
    )
    sends(stage.nora, HEAD, unclear, clear)
    stage.nora.sees("2 trials can").presses("Import 2 trials")
    stage.nora.sees("2 trials imported")
    assert trials(stage)["Meadow Foods"].first_day == date(2026, 11, 3)


def test_partner_hub_s_list_has_no_days_and_is_asked_once(stage: Stage) -> None:
    sends(
        stage.nora,
        "Customer Name,Customer Org ID,Admin Email,Account Status,Messaging,Meetings,Calling,"
        "Licenses",
        "Meadow Foods,7b3f1c1e-5d0f-4a53-9d5b-2a4d1f9f0c11,clara@m.example,Trial,Trial,Trial,,50",
        "Pine Hill,,paul@pine.example,Trial,,,Trial,10",
        encoding="utf-8",
    )
    card = stage.nora.sees("no column with the first or the last day")
    card.fills(first_day="2026-11-15", duration="60").presses("Continue")
    stage.nora.sees("2 trials can").presses("Import 2 trials")
    stage.nora.sees("2 trials imported")
    meadow = trials(stage)["Meadow Foods"]
    assert (meadow.first_day, meadow.ends) == (date(2026, 11, 15), date(2027, 1, 14))
    with stage.database.reading() as session:
        found = session.get_one(Trial, meadow.id)
        there = {row.service for row in found.services}
    assert there == {Service.MESSAGING, Service.MEETINGS}
    assert meadow.licences == 50


def test_how_long_trials_run_is_asked_if_only_their_first_day_is_given(stage: Stage) -> None:
    sends(
        stage.nora,
        "Customer;E-mail;Start date;Messaging;Webex Teams",
        "Meadow Foods;clara@m.example;20 ноември 2026 г.;yes;yes",
    )
    card = stage.nora.sees("doesn't say how long its trials run")
    card.fills(duration="60").presses("Continue")
    stage.nora.sees("1 trial can").presses("Import 1 trial")
    stage.nora.sees("1 trial imported")
    assert trials(stage)["Meadow Foods"].ends == date(2027, 1, 19)


def test_a_bulgarian_file_is_read(stage: Stage) -> None:
    sends(
        stage.nora,
        "Клиент;Имейл;Начална дата;Продължителност;Услуги;Държава;Забележка",
        "Община Ливада;clara@livada.example;20.11.2026 г.;30 дни;Съобщения, Телефония;BG;спешно",
        encoding="cp1251",
    )
    preview = stage.nora.sees("Windows-1251", "Клиент → Customer", "Забележка", "1 trial can")
    preview.presses("Import 1 trial")
    stage.nora.sees("1 trial imported")
    assert trials(stage)["Община Ливада"].ends == date(2026, 12, 20)


def test_a_file_without_a_needed_column_is_not_imported(stage: Stage) -> None:
    sends(stage.nora, "Customer;First day", "Meadow;2026-11-20")
    preview = stage.nora.sees("no column for this: Administrator e-mail")
    assert preview.buttons == ["Discard"]
    preview.presses("Discard")
    stage.nora.sees("Nothing was imported")
    with stage.database.reading() as session:
        assert not session.exec(select(Upload)).all()


# ------------------------------------------------------------------ round trip


ALL_KINDS = f"""\
{HEAD};Last day;Status;Kind;Consent requested on;Consent accepted on;Full administrators;\
Organisation ID;Country;Language;Licences;Device licences;Meetings site;Meetings time zone;\
Calling locations;Order number;Extensions;Device type;Device models;Device order number;\
Device country;Devices shipped on;Device trial from;Device trial until;Devices returned on;\
Serial numbers
'=Meadow;a@m.example;2026-09-01;60;Messaging, Meetings, Calling;2026-12-24;Active;;;;\
b@m.example, c@m.example;7b3f1c1e-5d0f-4a53-9d5b-2a4d1f9f0c11;BG;bg;1 000;7;meadow;Sofia;3;w1;2;\
Phones;2 × 8865, 840 Phone;d99;DE;2026-09-02;2026-09-05;2027-01-04;;FCH2233ABCD, FCH2233ABCE
'=Meadow;a@m.example;2026-09-01;60;Messaging, Meetings, Calling;2026-12-24;Active;;;;;;;;;;;;;;;\
Boards;Board 55;;;;;;2026-11-01;FOC1234ABCD
In Grace;a@grace.example;2026-10-20;30;Messaging;2026-11-19;Trial expired
Asks;a@asks.example;;90;Messaging;;Pending consent;;2026-11-20
Accepted;a@accepted.example;;;Calling;;;;2026-11-10;2026-11-22
Paid **x** <@all>;a@paid.example;2026-11-01;30;Webex devices;;;Paid
Runs;a@runs.example;2026-11-01;;Messaging;2026-12-24;;Existing;2026-10-01;2026-10-20
Gone;a@gone.example;2026-05-01;30;Messaging;;;;;;;;;;;;;;;;;Phones;8865;;;;;2026-12-20;;FCH9999ABCD
"""


PARTS = """\
Customer;E-mail;First day;Duration;Services;Ordered on;Meetings options;Device type;Models;\
Serial numbers;Returned serial numbers
Ordered;a@ordered.example;2026-11-10;60;Meetings;2026-11-20;1000-participant meetings, \
Webex Assistant;Phones;3 × 8865;FCH2233ABCD, FCH2233ABCE;FCH2233ABCD 2026-11-25
Back;a@back.example;2026-11-10;60;Meetings;;;Boards;1 × Board 55;FOC1234ABCD;\
FOC1234ABCD 2026-11-26
"""


def test_ordered_trials_their_options_and_partial_returns_are_imported(stage: Stage) -> None:
    stage.nora.says("import", file=("parts.csv", PARTS.encode(), "text/csv"))
    stage.nora.sees("2 trials can").presses("Import 2 trials")
    stage.nora.sees("2 trials imported")
    ordered = trials(stage)["Ordered"]
    assert ordered.ordered_on == date(2026, 11, 20)
    assert ordered.meetings_options == ["large", "assistant"]
    with stage.database.reading() as session:
        phones, boards = session.exec(select(Shipment).order_by(col(Shipment.id))).all()
        assert (phones.returned_on, boards.returned_on) == (None, date(2026, 11, 26))
        back = {row.serial: row.returned_on for row in phones.serials}
        assert back == {"FCH2233ABCD": date(2026, 11, 25), "FCH2233ABCE": None}
    stage.nora.says("list devices").sees("Ordered").lacks("a@back.example")


def test_returns_that_can_t_be_are_refused(stage: Stage) -> None:
    head = (
        "Customer;E-mail;First day;Duration;Services;Meetings options;Device type;Returned serials"
    )
    sends(
        stage.nora,
        head,
        "No Day;a@a.example;2026-11-10;60;Meetings;;Phones;FCH2233ABCD",
        "Future;a@b.example;2026-11-10;60;Meetings;;Phones;FCH2233ABCD 2027-01-01",
        "Option;a@c.example;2026-11-10;60;Meetings;Karaoke;;",
    )
    card = stage.nora.sees("0 trials can", "3 rows can't")
    card.shows("day of its return", "future", "“Karaoke” isn't an option of Meetings")


def test_a_bulgarian_export_is_imported_again(stage: Stage) -> None:
    sends(stage.nora, HEAD, MEADOW, PINE)
    stage.nora.sees("2 trials can").presses("Import 2 trials")
    stage.nora.sees("2 trials imported")
    alone = stage.nora.alone().says("language bg")
    alone.sees("български").who.says("експорт")
    content = file_of(alone, alone.sees("2 пробни периода в CSV файл"))
    assert "Първи ден" in table(content, ";")[0]
    alone.says("импорт", file=("пак.csv", content, "text/csv"))
    alone.sees("2 реда вече са тук")


KEPT_NAMES = {2: {"Ordered", "Back"}, 7: {"'=Meadow", "Paid **x** <@all>"}, 3: {"Never Ran"}}

OVER_EARLY = """\
Customer;E-mail;First day;Last day;Duration;Services;Status;Consent accepted on;Converted on;\
Cancelled on;Device type;Device trial until
Bought;a@bought.example;2026-11-10;2027-01-20;60;Meetings;Purchased;;2026-11-20;;Phones;2026-12-20
Left;a@left.example;2026-11-10;;60;Calling;Deleted;;;2026-11-21;Boards;
Never Ran;a@never.example;;;60;Calling;Cancelled;2026-11-11;;2026-11-21;Phones;2026-12-20
"""


@pytest.mark.parametrize(
    ("kinds", "n"),
    [(ALL_KINDS, 7), (OVER_EARLY, 3), (PARTS, 2)],
    ids=["all kinds", "over early", "parts"],
)
def test_a_file_that_one_partner_exports_another_imports_whole(
    stage: Stage, kinds: str, n: int
) -> None:
    stage.nora.says("import", file=("all.csv", kinds.encode(), "text/csv"))
    stage.nora.sees(f"{n} trials can").presses(f"Import {n} trials")
    stage.nora.sees(f"{n} trials imported").who.says("export")
    content = file_of(stage.nora, stage.nora.sees(f"{n} trials in a CSV file"))
    with stage.database.transaction() as session:
        session.exec(delete(Reservation))  # as if they ran at another operator's bot
    stage.petra.says("import", file=("again.csv", content, "text/csv"))
    stage.petra.sees(f"{n} trials can").lacks("can't be imported").presses(f"Import {n} trials")
    stage.petra.sees(f"{n} trials imported").who.says("export")
    again = file_of(stage.petra, stage.petra.sees(f"{n} trials in a CSV file"))
    assert _same_anywhere(again) == _same_anywhere(content)
    assert {row["Customer"] for row in table(content)} >= KEPT_NAMES[n]


def _same_anywhere(content: bytes) -> list[dict[str, str]]:
    """The rows of an exported file, without what depends on where the trials are kept."""
    there = {"Code", "Started by", "Space"}
    return [{n: value for n, value in row.items() if n not in there} for row in table(content)]


# ------------------------------------------------------------------ files


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04 a workbook", "isn't a CSV file"),
        (b"just a sentence", "isn't a CSV file"),
        (b"", "isn't a CSV file"),
        (b"a;b\n" + b"1;2\n" * 20_002, "more than 20,000 rows"),
        (b"x" * (FILE_LIMIT + 1), "larger than 5 MB"),
    ],
    ids=["workbook", "sentence", "empty", "many rows", "large"],
)
def test_a_file_that_is_none_gets_a_clear_answer(stage: Stage, content: bytes, said: str) -> None:
    stage.nora.says("import", file=("trials.csv", content, "text/csv")).sees(said)


def test_of_several_files_none_is_imported_and_that_is_said(stage: Stage) -> None:
    files = [
        (name, f"{HEAD}\n{row}".encode(), "text/csv")
        for name, row in (("meadow.csv", MEADOW), ("pine.csv", PINE))
    ]
    stage.nora.says("import", file=files).sees("2 files", "imported none of them")
    with stage.database.reading() as session:
        assert not session.exec(select(Upload)).all()


def test_without_a_file_one_is_asked_for(stage: Stage) -> None:
    stage.nora.says("import").sees("Attach a CSV file")


@pytest.mark.parametrize(("status", "said"), [("428", "couldn't scan"), ("410", "unsafe")])
def test_an_unsafe_file_gets_a_clear_answer(stage: Stage, status: str, said: str) -> None:
    stage.fault("GET /v1/contents", status)
    sends(stage.nora, HEAD, MEADOW)
    stage.nora.sees(said)


def test_a_file_that_is_still_scanned_is_fetched_again(stage: Stage) -> None:
    stage.fault("GET /v1/contents", "423", retry_after=1, seconds=2)
    sends(stage.nora, HEAD, MEADOW)
    stage.nora.sees("1 trial can")


def test_a_scan_that_lasts_is_said(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.conversation.fetching.SCAN_TRIES", 2)
    stage.fault("GET /v1/contents", "423")
    sends(stage.nora, HEAD, MEADOW)
    stage.nora.sees("still scanning")


# ------------------------------------------------------------------ who


def test_only_full_administrators_import(stage: Stage) -> None:
    for who in (stage.tom, stage.viktor):
        sends(who, HEAD, MEADOW).sees("Role needed: Partner full administrator")
    for who in (stage.jo, stage.clara):
        sends(who, HEAD, MEADOW).sees("nothing")
    assert not trials(stage)


def test_nobody_else_s_file_is_fetched(stage: Stage) -> None:
    stage.fault("GET /v1/contents", "503")
    for who in (stage.tom, stage.viktor):
        sends(who, HEAD, MEADOW).sees("Role needed: Partner full administrator")
    for who in (stage.jo, stage.clara, stage.ben.alone()):
        sends(who, HEAD, MEADOW).sees("nothing")


def test_one_to_one_it_is_for_one_s_only_space_and_the_space_is_told(stage: Stage) -> None:
    alone = sends(stage.nora.alone(), HEAD, MEADOW)
    alone.sees("1 trial can be imported into partner-space").presses("Import 1 trial")
    alone.sees("1 trial imported")
    stage.tom.sees("Nora Lindqvist imported 1 trial")


def test_one_to_one_the_space_is_asked_for_if_there_are_several(stage: Stage) -> None:
    with stage.database.transaction() as session:
        now = stage.clock.now()
        give(session, 2, email=stage.nora.email, role=Role.FULL, by=None, now=now)
    alone = sends(stage.nora.alone(), HEAD, MEADOW)
    card = alone.sees("Which partner and space are the trials for?")
    card.presses("Continue")
    card = alone.sees("This is required")
    card.fills(space="2").presses("Continue")
    preview = alone.sees("1 trial can be imported into other-partner-space")
    card.submits(card.press_of("Continue") | {"space": "1"})
    alone.sees("This import is over")
    preview.presses("Import 1 trial")
    alone.sees("1 trial imported")
    stage.petra.sees("Nora Lindqvist imported 1 trial")
    assert trials(stage)["Meadow Foods"].partner_id == 2


def test_nothing_is_imported_into_a_space_from_which_the_bot_was_removed(stage: Stage) -> None:
    alone = sends(stage.nora.alone(), HEAD, MEADOW)
    preview = alone.sees("1 trial can be imported into partner-space")
    remove_the_bot(stage)
    preview.presses("Import 1 trial")
    alone.sees("This import is over")
    assert not trials(stage)


def remove_the_bot(stage: Stage) -> None:
    """Remove the bot from the partner's space, and wait until it has noticed."""
    room = stage.rooms["partner-space"]
    members = stage.nora.call("GET", f"memberships?roomId={room}")["items"]
    [bot] = [each for each in members if each["personId"] == stage.nora.bot["personId"]]
    stage.nora.call("DELETE", f"memberships/{bot['id']}")

    def is_gone() -> bool:
        with stage.database.reading() as session:
            return session.get_one(Space, 1).state == "gone"

    wait_for(is_gone, "the bot never noticed")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_today_is_the_space_s_day_however_far_from_utc(stage: Stage, zone: str) -> None:
    with stage.database.transaction() as session:
        session.get_one(Space, 1).time_zone = zone
    today = stage.clock.today(zone)
    tomorrow = today + timedelta(days=1)
    sends(
        stage.nora,
        HEAD,
        f"Today;a@a.example;{today};30;Messaging",
        f"Tomorrow;a@b.example;{tomorrow};30;Messaging",
    )
    card = stage.nora.sees("1 trial can", "1 row can't").shows("Line 3", "future")
    assert card.buttons[0] == "Import 1 trial"


def test_a_file_is_not_moved_to_a_space_of_others(stage: Stage) -> None:
    sends(stage.nora, HEAD, MEADOW.replace("2026-11-20", "11/10/2026"))
    card = stage.nora.sees("could have the day or the month first").fills(order="day-first")
    card.submits(card.press_of("Continue") | {"space": "2"})
    stage.idle()
    stage.nora.sees_nothing_of("other-partner-space")
    with stage.database.reading() as session:
        assert session.exec(select(Upload.space_id)).all() == [1]


def test_nobody_else_s_press_imports(stage: Stage) -> None:
    sends(stage.nora, HEAD, MEADOW)
    pressed: dict[str, Any] = stage.nora.sees("1 trial can").press_of("Import 1 trial")
    stage.tom.says("help")
    stage.tom.sees("Commands").submits(pressed)
    stage.tom.sees("Role needed")
    with stage.database.transaction() as session:
        now = stage.clock.now()
        give(session, 1, email=stage.ines.email, role=Role.FULL, by=None, now=now)
    stage.ines.says("help")
    stage.ines.sees("Commands").submits(pressed)
    stage.ines.sees("This import is over")
    assert not trials(stage)
