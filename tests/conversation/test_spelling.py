"""People write as they write; the bot reads what they mean."""

from datetime import date

from sqlmodel import select

from store.tables import Assignment
from tests.stage import Stage


def test_a_bare_code_shows_its_trial_with_or_without_its_letter(stage: Stage) -> None:
    trial = stage.a_trial(company="Meadow Foods")
    bare = trial.code.removeprefix("T-")
    ways = (trial.code, bare.lower(), f"show {bare}.", f"\u200b{trial.code}!", f"/show {bare}")
    for typed in ways:
        stage.viktor.says(typed)
        stage.viktor.sees(trial.code, "Meadow Foods", "Ends on")


def test_a_code_without_its_letter_finds_names_that_begin_like_it_too(stage: Stage) -> None:
    trial = stage.a_trial(company="Meadow Foods")
    bare = trial.code.removeprefix("T-")
    other = stage.a_trial(company=f"{bare} Limited", administrator="a@other.example")
    stage.tom.says(f"show {bare}")
    stage.tom.sees("Which trial do you mean?").shows(trial.code, other.code)


def test_another_partners_code_without_its_letter_finds_nothing(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.petra.says(trial.code.removeprefix("T-"))
    stage.idle()
    [answer] = stage.petra.news()
    answer.lacks("Meadow", "Harbour", "active")


PASTED = (
    "meadow  foods",
    "Meadow\u200b Foods!",
    "Clara Novak <clara@meadow.example>",
    "mailto:clara@meadow.example",
    "clara@meadow.example.",
    "https://meadow.example/",
    "5D6F3C1E-6F0A-4F58-9D0C-7B1F2F0C6A11",
    "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi81ZDZmM2MxZS02ZjBhLTRmNTgtOWQwYy03YjFmMmYwYzZhMTE",
)


def test_a_trial_is_found_by_what_people_paste(stage: Stage) -> None:
    trial = stage.a_trial(
        company="Meadow  Foods",
        administrator="clara@meadow.example",
        organisation_id="5d6f3c1e-6f0a-4f58-9d0c-7b1f2f0c6a11",
    )
    stage.a_trial(company="Another One", administrator="a@another.example")
    for pasted in PASTED:
        stage.viktor.says(f"show {pasted}")
        stage.viktor.sees(trial.code, "Ends on").lacks("Another One")


def test_the_mention_may_stand_in_the_middle_or_at_the_end(stage: Stage) -> None:
    trial = stage.a_trial(company="Meadow Foods")
    me = f"<@personId:{stage.cast['bot']['personId']}|Trialbot>"
    for text in (f"show {me} {trial.code}", f"show {trial.code} {me}", f"{me}, show {trial.code}"):
        body = {"roomId": stage.tom.room_id, "markdown": text}
        stage.tom._notice()
        stage.tom.call("POST", "messages", json=body)
        stage.tom.sees(trial.code, "Ends on")


def test_our_name_may_stand_before_a_command_in_a_private_chat(stage: Stage) -> None:
    stage.a_trial(company="Meadow Foods")
    alone = stage.tom.alone()
    alone.says("Trialbot list")
    alone.sees("Running trials", "Meadow Foods")
    alone.says("hello!")
    alone.sees("Harbour Networks")


def test_a_filter_alone_is_its_list(stage: Stage) -> None:
    stage.a_trial(company="Meadow Foods")
    stage.viktor.says("Pending.")
    stage.viktor.sees("Pending trials")
    stage.viktor.says("active")
    stage.viktor.sees("Active trials", "Meadow Foods")
    stage.viktor.says("list active!")
    stage.viktor.sees("Active trials", "Meadow Foods")


def test_a_suggestion_keeps_the_argument_and_is_one_press(stage: Stage) -> None:
    trial = stage.a_trial(company="Meadow Foods")
    stage.tom.says(f"extnd {trial.code}")
    asked = stage.tom.sees("Did you mean", f"extend {trial.code}?")
    asked.presses(f"extend {trial.code}")
    stage.tom.sees(trial.code, "Extensions run from today")
    stage.tom.says("expirng")
    stage.tom.sees("Did you mean", "list expiring").presses("list expiring")
    stage.tom.sees("expiring within 30 days")


def test_a_pressed_suggestion_has_the_rights_of_who_presses(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.tom.says(f"extnd {trial.code}")
    asked = stage.viktor.sees("Did you mean")
    asked.presses(f"extend {trial.code}")
    stage.viktor.sees("Your role doesn't allow")


def test_help_says_that_edits_are_not_read(stage: Stage) -> None:
    stage.tom.says("help")
    stage.tom.sees("Commands").shows("if you change a message, send it again")


def test_a_role_is_given_to_a_pasted_address(stage: Stage) -> None:
    stage.nora.says(f"roles Ben Adler <mailto:{stage.ben.email}> Read-only.")
    stage.nora.sees("New role for", "Partner read-only administrator")


def test_a_handover_takes_pasted_addresses_and_a_day_as_people_write_it(stage: Stage) -> None:
    stage.a_trial(by="tom")
    tom, ines = stage.tom, stage.ines
    stage.nora.says(
        f"handover {tom.name} <{tom.email}> {ines.name.replace(' ', '  ')} until 24.12.2026."
    )
    stage.nora.sees("1 trial handed over")
    with stage.database.reading() as session:
        assert session.exec(select(Assignment.until)).all() == [date(2026, 12, 24)]


def test_a_day_that_could_be_another_one_is_asked_back_with_both(stage: Stage) -> None:
    stage.a_trial(by="tom")
    stage.nora.says(f"handover {stage.tom.email} {stage.ines.email} until 03/04/2027")
    asked = stage.nora.sees("“03/04/2027” could be Sat, 3 Apr 2027 or Thu, 4 Mar 2027")
    asked.fills(until="2027-03-04").presses("Hand over")
    stage.nora.sees("1 trial handed over")


def test_a_day_typed_into_a_card_is_taken_or_stays_visible(stage: Stage) -> None:
    stage.a_trial(by="tom")
    stage.nora.says("handover")
    form = stage.nora.sees("Hand over trials")
    people = {choice["title"]: choice["value"] for choice in form.inputs["taker"]["choices"]}
    tom = next(value for title, value in people.items() if stage.tom.name in title)
    ines = next(value for title, value in people.items() if stage.ines.name in title)
    form.fills(giver=tom, taker=ines, until="next week").presses("Hand over")
    again = stage.nora.sees("I can't read “next week” as a date")
    again.fills(until="24.12.2026").presses("Hand over")
    stage.nora.sees("1 trial handed over")
