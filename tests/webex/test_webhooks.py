"""Our webhooks at Webex: complete, correct and single; and events missed while they weren't."""

from typing import Any

from bot.clock import queue_now
from bot.engine.context import Context
from bot.process.catch_up import after_silence
from bot.webex import identity
from bot.webex.webhooks import WANTED, repair, survey
from store.queues import beats
from tests.people import wait_for
from tests.stage import Stage


def gateway(stage: Stage) -> Any:
    assert stage.bot._parts._timetable is not None
    return stage.bot._parts._timetable._gateways.mine()


def context(stage: Stage) -> Context:
    return stage.bot.context


def hooks(stage: Stage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = gateway(stage).webhooks()
    return found


def mend(stage: Stage) -> Any:
    secret = identity.secret(context(stage).settings, stage.database).decode()
    return repair(gateway(stage), context(stage).public_url, secret)


def test_the_first_start_creates_every_webhook_and_the_second_creates_none(stage: Stage) -> None:
    first = hooks(stage)
    assert {kind.condition for kind in WANTED if kind.filter} == {
        hook["filter"] for hook in first if "filter" in hook
    }
    assert sorted((hook["resource"], hook["event"]) for hook in first) == sorted(
        (kind.resource, kind.event) for kind in WANTED
    )
    stage.restart()
    ours = [hook for hook in hooks(stage) if hook["targetUrl"] == f"{stage.bot.url}webhook"]
    assert len(ours) == len(WANTED)


def test_repair_creates_a_missing_webhook_fixes_a_wrong_secret_and_drops_a_duplicate(
    stage: Stage,
) -> None:
    secret, url = hooks(stage)[0]["secret"], context(stage).public_url
    webex = gateway(stage)
    webex.delete_webhook(hooks(stage)[0]["id"])
    broken = hooks(stage)[0]
    webex.update_webhook(
        broken["id"], name=broken["name"], targetUrl=broken["targetUrl"], secret="other"
    )
    double = hooks(stage)[1]
    facts = ("name", "targetUrl", "resource", "event", "secret", "filter")
    webex.create_webhook(**{key: double[key] for key in facts if key in double})
    done = repair(webex, url, secret)
    assert (done.created, done.repaired, done.dropped) == (1, 1, 1)
    assert set(survey(webex, url).values()) == {"active"}
    assert {hook["secret"] for hook in hooks(stage)} == {secret}


def test_an_earlier_releases_webhook_without_a_filter_is_replaced_by_ours(stage: Stage) -> None:
    webex = gateway(stage)
    for hook in hooks(stage):
        if "filter" in hook:
            webex.delete_webhook(hook["id"])
    facts = {key: hooks(stage)[0][key] for key in ("targetUrl", "secret")}
    former = "trialbot messages created"
    webex.create_webhook(name=former, resource="messages", event="created", **facts)
    done = mend(stage)
    assert (done.created, done.repaired, done.dropped) == (2, 0, 1)
    assert not any(hook["name"].startswith("trialbot") for hook in hooks(stage))
    webex.create_webhook(name=former, resource="messages", event="created", **facts)
    assert mend(stage).dropped == 1
    stage.tom.says("lits")
    stage.tom.sees("Did you mean", "list")


def test_our_own_messages_in_a_space_are_not_delivered_to_us(stage: Stage) -> None:
    def told(outcome: str) -> float:
        about = {"resource": "messages", "outcome": outcome}
        registry = context(stage).metrics.registry
        return registry.get_sample_value("trialbot_events_total", about) or 0.0

    stage.tom.says("lits")
    stage.tom.sees("Did you mean", "list")
    stage.idle()
    assert (told("stored"), told("ours"), told("known")) == (1, 0, 0)
    alone = stage.tom.alone().says("exten")
    alone.sees("Did you mean", "extend")
    wait_for(lambda: told("ours") == 1, "one to one Webex tells of our own message")
    assert (told("stored"), told("known")) == (2, 0)


def test_webhooks_that_are_not_ours_are_left_alone(stage: Stage) -> None:
    webex = gateway(stage)
    about = {"resource": "messages", "event": "created"}
    theirs = [
        webex.create_webhook(name="trialbot messages", targetUrl="https://other.example/", **about),
        webex.create_webhook(name="someone", targetUrl=f"{stage.bot.url}webhook", **about),
    ]
    mend(stage)
    assert {hook["id"] for hook in theirs} <= {hook["id"] for hook in hooks(stage)}


def test_an_inactive_webhook_is_revived_and_missed_events_are_answered(stage: Stage) -> None:
    stage.tom.says("help")
    stage.tom.sees("show")
    stage.idle()
    stage.fault("messages.created", "webhook-unsigned")
    for n in range(101):
        stage.jo.says(f"knock {n}")
    wait_for(
        lambda: "inactive" in survey(gateway(stage), context(stage).public_url).values(),
        "Webex never switched the webhook off",
    )
    stage.mend()
    alone = stage.tom.alone().says("lits")
    stage.idle()
    assert alone.finds("Did you mean") is None
    stage.bot._parts._timetable._silent_since = None
    stage.bot._parts._timetable.check_webhooks()
    alone.sees("Did you mean", "list")
    assert set(survey(gateway(stage), context(stage).public_url).values()) == {"active"}


def test_after_a_silence_mentions_and_direct_messages_are_found_once(stage: Stage) -> None:
    stage.tom.says("lits")
    stage.tom.sees("Did you mean", "list")
    stage.idle()
    stage.fault("messages.created", "webhook-drop")
    silent_since = queue_now()
    stage.tom.says("hlep")
    alone = stage.tom.alone().says("exten")
    stage.mend()
    assert after_silence(context(stage), gateway(stage), silent_since) == 2
    stage.tom.sees("Did you mean", "help")
    alone.sees("Did you mean", "extend")
    stage.tom.sees("I was away for a while")
    assert after_silence(context(stage), gateway(stage), silent_since) == 0
    stage.idle()
    assert stage.tom.count("Did you mean", "help") == 1


def test_a_first_start_has_nothing_to_catch_up_on(stage: Stage) -> None:
    assert after_silence(context(stage), gateway(stage), queue_now()) == 0


def test_two_bots_on_one_database_both_beat_and_duplicate_nothing(stage: Stage) -> None:
    other = stage.another_bot()
    with stage.database.reading() as session:
        assert len(beats.all_beats(session.connection())) == 2
    stage.tom.says("lits")
    stage.tom.sees("Did you mean", "list")
    stage.idle()
    assert other.idle()
    assert stage.tom.count("Did you mean", "list") == 1
