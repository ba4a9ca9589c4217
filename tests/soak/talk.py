"""People who talk and press at the same time, each lane in its own order."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import requests
from sqlmodel import col, select

from cards.features.extend import ExtendTrial
from cards.features.let_go import LetGo
from cards.features.note import AddNote
from cards.features.partner_hub import TickStep
from store.database.database import Database
from store.rules.hub import Step as HubStep
from store.tables import Trial
from tests.soak.script import Lane, Step
from tests.soak.town import Town

HUB_STEPS = (HubStep.OPEN_CUSTOMER, HubStep.EDIT, HubStep.TICK_SERVICES, HubStep.SAVE_CHANGE)
TRIES = 50

Inputs = dict[str, Any]


class Talkers:
    """Everybody; `said`: the step for each ID that Webex gave to a message or press.

    `inputs`: what each press contained, so that it can be repeated unchanged.
    """

    def __init__(self, town: Town, database: Database) -> None:
        self.said: dict[str, Step] = {}
        self.inputs: dict[Step, Inputs] = {}
        self._town = town
        self._database = database
        self._mine = threading.local()

    def all_say(
        self,
        steps: Iterable[Step],
        *,
        before: Callable[[], None] = lambda: None,
        after: Callable[[str], None] = lambda object_id: None,
    ) -> None:
        """Say the steps, all lanes at once; call `before` and `after` each step."""
        lanes: dict[Lane, list[Step]] = {}
        for step in steps:
            lanes.setdefault(step.lane, []).append(step)
        failed: list[BaseException] = []

        def talk(steps: list[Step]) -> None:
            try:
                for step in steps:
                    before()
                    after(self.say(step))
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=talk, args=[each]) for each in lanes.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]

    def say(self, step: Step) -> str:
        """Say or press one step; the ID of the event's object."""
        object_id = self._press(step) if step.is_press else self._write(step)
        self.said[object_id] = step
        return object_id

    # -------------------------------------------------------------- a word

    def _write(self, step: Step) -> str:
        town, text = self._town, _words(step, self._code(step))
        if step.lane.place is None:
            body = {"toPersonId": town.bot.id, "text": text}
        else:
            mention = f"<@personId:{town.bot.id}|{town.bot.name}>"
            body = {"roomId": town.rooms[step.lane.place], "markdown": f"{mention} {text}"}
        return str(self._call(step.lane, "POST", "messages", body)["id"])

    # -------------------------------------------------------------- a press

    def _press(self, step: Step) -> str:
        inputs = self.inputs.setdefault(step, self._filled(step))
        for _ in range(TRIES):
            message_id = self._a_card(step.lane)
            body = {"type": "submit", "messageId": message_id, "inputs": inputs}
            done = message_id and self._call(step.lane, "POST", "attachment/actions", body)
            if done:
                return str(done["id"])
            time.sleep(0.1)
        raise AssertionError(f"{step.lane} has no card to press")

    def _filled(self, step: Step) -> Inputs:
        subject = self._town.subjects[step.lane][step.trial]
        about = {"trial": subject.id}
        if step.act == "press-note":
            return {"form": AddNote.key, **about, "text": step.mark}
        if step.act == "tick":
            hub = HUB_STEPS[step.choice % len(HUB_STEPS)]
            done = step.choice // len(HUB_STEPS) % 2
            return {"form": TickStep.key, **about, "task": subject.task, "step": hub, "done": done}
        about["version"] = self._version(subject.id)
        if step.act == "extend":
            return {"form": ExtendTrial.key, **about, "days": "30", "shorten": "true"}
        return {"form": LetGo.key, **about, "note": step.mark}

    def _version(self, trial_id: int) -> int:
        with self._database.reading() as session:
            return session.exec(select(Trial.version).where(col(Trial.id) == trial_id)).one()

    def _a_card(self, lane: Lane) -> str:
        """The bot's newest card in the lane's place; it may be gone a moment later."""
        world = self._town.webex.world
        for sent in reversed(self._town.sent):
            message = world.messages.get(sent.id) if sent.has_card else None
            if message and self._is_place(lane, message.room.id):
                return sent.id
        return ""

    def _is_place(self, lane: Lane, room_id: str) -> bool:
        if lane.place is not None:
            return room_id == self._town.rooms[lane.place]
        me, bot = self._town.people[lane.who], self._town.bot
        room = self._town.webex.world.rooms.get(room_id)
        return room is not None and set(room.members) == {me.id, bot.id}

    # -------------------------------------------------------------- helpers

    def _code(self, step: Step) -> str:
        return self._town.subjects[step.lane][step.trial].code

    def _call(self, lane: Lane, method: str, path: str, body: Mapping[str, Any]) -> Any:
        session = getattr(self._mine, "session", None)
        if session is None:
            session = self._mine.session = requests.Session()
        headers = {"Authorization": f"Bearer {self._town.people[lane.who].token}"}
        url = f"{self._town.webex.url}/v1/{path}"
        answer = session.request(method, url, json=body, headers=headers, timeout=60)
        if answer.status_code in (400, 404) and path == "attachment/actions":
            return None
        assert answer.ok, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()


def _words(step: Step, code: str) -> str:
    match step.act:
        case "note":
            return f"note {code} {step.mark}"
        case "show":
            return f"show {code}"
        case _:
            return step.act
