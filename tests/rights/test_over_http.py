"""One press of every form over HTTP: an outsider in the partner's space forges them all.

The sandbox tells the bot of each press, the bot fetches it, and answers: nothing else may come.
"""

from typing import Any

from bot.conversation.routes import presses
from tests.people import Message, Person
from tests.rights.inputs import inputs
from tests.rights.snapshot import changes, columns, everything
from tests.rights.world import Things
from tests.rooms import adds
from tests.stage import Stage

OF_A_PRESS = {
    "inbox": "the presses themselves",
    "outbox": "their answers",
    "person": "the presser, as Webex shows them",
    "address": "the presser's addresses",
    "beat": "the bot's heartbeat",
    "flag": "what the bot looks up by itself: who is in a space",
}
"""The tables that a press with nothing behind it writes, or the bot meanwhile, and why."""

AT_ONCE = 8


def test_an_outsiders_forged_presses_come_to_one_sentence_each(stage: Stage) -> None:
    trial = stage.a_trial(company="Secretive GmbH")
    room = stage.rooms["partner-space"]
    adds(stage.nora, room, stage.jo.about)
    jo = stage.jo.in_room(room)
    stage.tom.says("start").sees("Step 1 of")
    card = stage.tom.says(f"show {trial.code}").sees(trial.code)
    stage.idle()
    before, stood = looked(stage), {m.id: m.raw for m in stage.nora.messages()}
    ids = ("trial", "version", "task", "shipment", "consent", "draft", "space", "partner", "person")
    things = Things("", code=trial.code, ids=dict.fromkeys(ids, 1))
    for number, press in enumerate(presses.values()):
        forge(jo, card, inputs(press, things))
        if number % AT_ONCE == 0:
            stage.idle()
    stage.idle()
    _only_answers(stage, before)
    now = {m.id: m for m in stage.nora.messages()}
    assert {id_: now[id_].raw for id_ in stood} == stood, "every message stands as it stood"
    answers = [message for id_, message in now.items() if id_ not in stood]
    assert len(answers) == len(presses)
    for answer in answers:
        answer.lacks("Secretive", trial.code, "Harbour")
        assert answer.buttons == []


def forge(who: Person, card: Message, given: dict[str, Any]) -> None:
    """Send inputs that no card offers."""
    body = {"type": "submit", "messageId": card.id, "inputs": given}
    who.call("POST", "attachment/actions", json=body)


def looked(stage: Stage) -> Any:
    with stage.database.writing() as connection:
        return everything(connection)


def _only_answers(stage: Stage, before: Any) -> None:
    """No table changed but those of the presses; each press was answered by one new message."""
    changed = changes(before, looked(stage))
    assert changed.keys() <= OF_A_PRESS.keys(), changed.keys() - OF_A_PRESS.keys()
    with stage.database.writing() as connection:
        names = columns(connection)
    events = [dict(zip(names["inbox"], row, strict=True)) for row in changed["inbox"][1]]
    assert {event["outcome"] for event in events} <= {"refused", "done", "invalid"}
    calls = [dict(zip(names["outbox"], row, strict=True)) for row in changed["outbox"][1]]
    assert {(call["call"], call["slot"]) for call in calls} == {("post", None)}
    assert not changed["inbox"][0]
    assert not changed["outbox"][0]
