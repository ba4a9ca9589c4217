"""The trials that a new sandbox starts with."""

from bot.process import demo
from tests.stage import Stage


def test_every_list_has_something_to_show(stage: Stage) -> None:
    with stage.database.transaction() as session:
        made = demo.fill(session, stage.clock.now())
    assert made == 13
    expected = {
        "list expiring": ["Birch Logistics", "Cedar Bank"],
        "list pending": ["Dahlia Hotels", "Elm Schools"],
        "list todo": ["Fir Energy"],
        "list devices": ["Gorse Media"],
        "list expired": ["Juniper Farms", "Cedar Bank"],
    }
    for words, companies in expected.items():
        stage.tom.says(words)
        stage.tom.sees(*companies)
    stage.idle()
    assert stage.nora.count("reminder") == 0


def test_a_partner_that_has_trials_gets_no_more(stage: Stage) -> None:
    for made in (13, 0):
        with stage.database.transaction() as session:
            assert demo.fill(session, stage.clock.now()) == made
