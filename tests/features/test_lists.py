"""`list` and its filters."""

import pytest

from store.terms import Service
from tests.stage import Stage


def test_trials_are_listed_by_days_left_and_each_row_opens_its_trial(stage: Stage) -> None:
    stage.a_trial(company="Far Off", administrator="a@far.example", duration=90)
    soon = stage.a_trial(company="Very Soon", administrator="b@soon.example", duration=30)
    stage.tom.says("list")
    page = stage.tom.sees("Running trials")
    assert page.everything.index("Very Soon") < page.everything.index("Far Off")
    page.opens("Very Soon")
    stage.tom.sees(soon.code, "Trial active", "30 days left")


def test_each_filter_lists_only_its_trials(stage: Stage) -> None:
    stage.a_trial(company="Soon Gone", administrator="a@soon.example", duration=30)
    stage.a_trial(company="Long Lasting", administrator="b@long.example", duration=90)
    stage.a_trial(company="Not Done", administrator="c@todo.example", duration=90, done_on=None)
    stage.a_trial(
        company="Waits For Yes", administrator="d@wait.example", kind="existing", duration=90
    )
    stage.a_trial(by="nora", company="Of Nora", administrator="e@nora.example", duration=90)
    expected = {
        "list expiring": {"Soon Gone"},
        "list pending": {"Waits For Yes", "Not Done"},
        "list mine": {"Soon Gone", "Long Lasting", "Not Done", "Waits For Yes"},
        "list todo": {"Not Done"},
        "list expired": set(),
    }
    everybody = {"Soon Gone", "Long Lasting", "Not Done", "Waits For Yes", "Of Nora"}
    for words, companies in expected.items():
        stage.tom.says(words)
        stage.idle()
        page = stage.tom.news()[0]
        page.shows(*companies).lacks(*(everybody - companies))


def test_a_long_list_has_pages_and_can_continue_privately(stage: Stage) -> None:
    for n in range(13):
        stage.a_trial(company=f"Customer {n:02}", administrator=f"a@c{n}.example")
    stage.tom.says("list active")
    first = stage.tom.sees("Customer 09").lacks("Customer 10")
    first.presses("Next")
    second = stage.tom.sees("Customer 10", "Customer 12").lacks("Customer 09")
    second.presses("First page")
    stage.tom.sees("Customer 00").presses("Continue in a private chat")
    stage.tom.sees("in a private chat")
    stage.tom.alone().sees("Customer 00", "Customer 09")


def test_expired_trials_are_listed_newest_first(stage: Stage) -> None:
    stage.a_trial(company="Older", administrator="a@o.example", done_on="2026-10-20")
    stage.a_trial(company="Newer", administrator="a@n.example", done_on="2026-10-25")
    stage.tom.says("list expired")
    page = stage.tom.sees("Older", "Newer", "in grace")
    assert page.everything.index("Newer") < page.everything.index("Older")


def test_trials_with_devices_to_return_are_listed(stage: Stage) -> None:
    phones = {"phone": {"models": {"8845": 2}, "country": "BG"}}
    stage.a_trial(company="Has Phones", services=[Service.DEVICES], to_ship=phones)
    stage.a_trial(company="No Phones", administrator="a@no.example")
    stage.tom.says("list devices")
    stage.tom.sees("Has Phones", "EULA e-mail").lacks("No Phones")


def test_another_partners_trials_are_not_listed(stage: Stage) -> None:
    stage.a_trial(company="Meadow Foods")
    stage.petra.says("list")
    stage.petra.sees("No trials to show").lacks("Meadow")
    stage.jo.says("list")
    stage.jo.sees("nothing").lacks("Meadow")


@pytest.mark.parametrize(
    "free", [{"which": "secret"}, {"after": "yesterday"}, {"which": "../live"}]
)
def test_forged_page_inputs_are_harmless(stage: Stage, free: dict[str, str]) -> None:
    for n in range(11):
        stage.a_trial(company=f"Customer {n:02}", administrator=f"a@c{n}.example")
    stage.tom.says("list")
    stage.tom.sees("Customer 00").presses("Next", **free)
    stage.idle()
    assert stage.tom.news()
    stage.tom.says("list")
    stage.tom.sees("Customer 00")


def test_an_unknown_filter_gets_the_available_filters(stage: Stage) -> None:
    stage.tom.says("list secrets")
    stage.tom.sees("There's no list called", "expiring", "mine")
