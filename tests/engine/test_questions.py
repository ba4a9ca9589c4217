"""Who only asks is answered together with others, each for themselves."""

from tests.people import wait_for
from tests.stage import Stage


def test_who_asks_at_the_same_moment_gets_their_own_answer(stage: Stage) -> None:
    ours = stage.a_trial(company="Meadow Foods", administrator="a@meadow.example")
    other = stage.a_trial(company="Lumen", administrator="a@lumen.example")
    theirs = stage.a_trial(
        by="petra", room="other-partner-space", company="Quarry", administrator="a@quarry.example"
    )
    alone = stage.petra.alone()
    everybody = (stage.nora, stage.viktor, stage.tom, stage.ines, stage.petra, alone)
    for person in everybody:
        person.says("help")
    stage.idle()
    heard = _fetched(stage)
    with stage.bot.context.database.in_line():
        stage.nora.says(f"show {ours.code}")
        stage.viktor.says(f"history {other.code}")
        stage.tom.says("show nobody at all")
        stage.ines.says(f"show {theirs.code}")
        stage.petra.says(f"show {theirs.code}")
        alone.says(f"show {ours.code}")
        wait_for(lambda: _fetched(stage) == heard + len(everybody), "not everybody was heard")
    stage.nora.sees(ours.code, "Meadow Foods", "Last day").lacks("Quarry")
    stage.viktor.sees(other.code, "Lumen", "Trial saved").lacks("Meadow")
    stage.petra.sees(theirs.code, "Quarry", "Last day").lacks("Meadow")
    stage.idle()
    stage.tom.sees("nobody at all")
    stage.ines.sees(theirs.code).lacks("Quarry", "Summit")
    assert len(alone.news()) == 1
    alone.sees(ours.code).lacks("Meadow", "Harbour")


def _fetched(stage: Stage) -> float:
    """How many messages the bot has asked Webex for."""
    about = {"call": "GET /messages", "status": "200"}
    registry = stage.bot.context.metrics.registry
    return registry.get_sample_value("trialbot_gateway_seconds_count", about) or 0.0
