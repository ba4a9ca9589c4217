"""The sandbox's own levers at /sandbox: who is there, the clock, faults, what was delivered."""

import time

from flask import Blueprint, Response, request

from sandbox.api import answer, sandbox, world
from sandbox.cast import Person
from sandbox.clock import read_time
from sandbox.records import Json, Problem, Room

controls = Blueprint("controls", __name__, url_prefix="/sandbox")

LONGEST_WAIT = 60.0
PATIENCE = 2.0


@controls.get("/people")
def list_people() -> Response:
    return answer([_person(person) for person in list(world().people.values())])


@controls.post("/people")
def add_person() -> Response:
    """Adds {name, email, org or orgId, type}; org is a label such as "partner" or "consumer"."""
    body = _body()
    org = body.get("orgId") or body.get("org") or "consumer"
    kind = body.get("type") or "person"
    person = world().add_person(_required(body, "name"), _required(body, "email"), org, kind)
    return answer(_person(person))


@controls.get("/rooms")
def list_rooms() -> Response:
    return answer([_room(room) for room in list(world().rooms.values())])


@controls.post("/rooms")
def add_room() -> Response:
    """Makes a group space {title, members: [person ids], bot: true}; the first member made it."""
    body = _body()
    members = [world().person(str(member)) for member in body.get("members") or []]
    if body.get("bot"):
        members.append(_bot())
    if not members:
        raise Problem(400, "A room needs a member.")
    first, *others = members
    room = world().create_room(first, _required(body, "title"))
    for person in others:
        world().add_member(first, room.id, person.id, "")
    return answer(_room(room))


@controls.post("/rooms/<room_id>/migrate")
def migrate_room(room_id: str) -> Response:
    """Moves a room to another region: a new id, and rooms.migrated to its members."""
    return answer(_room(world().migrate_room(room_id)))


@controls.get("/clock")
def show_clock() -> Response:
    clock = world().clock
    return answer({"now": clock.stamp(), "offset": clock.offset})


@controls.post("/clock")
def move_clock() -> Response:
    """Makes it {now} now; time goes on from there."""
    try:
        world().clock.move_to(read_time(_required(_body(), "now")))
    except (ValueError, OverflowError):
        raise Problem(400, "now must be an ISO 8601 time.") from None
    world().bump()
    return show_clock()


@controls.get("/faults")
def list_faults() -> Response:
    return answer(sandbox().faults.view())


@controls.post("/faults")
def order_fault() -> Response:
    """Orders a disturbance; see `faults.Fault` for what can be asked."""
    try:
        return answer(sandbox().faults.order(_body()).view())
    except (TypeError, ValueError) as error:
        raise Problem(400, str(error)) from None


@controls.delete("/faults")
def clear_faults() -> Response:
    sandbox().faults.clear()
    return Response(status=204)


@controls.get("/deliveries")
def list_deliveries() -> Response:
    """The last webhook deliveries, the newest at the end; ?last=N for fewer."""
    log = sandbox().hooks.log.copy()
    last = request.args.get("last", type=int)
    return answer(list(log)[-last:] if last else list(log))


@controls.get("/requests")
def list_requests() -> Response:
    """How often the bot called what, by method, path and status."""
    return answer(sandbox().calls.view())


@controls.delete("/requests")
def forget_requests() -> Response:
    sandbox().calls.clear()
    return Response(status=204)


@controls.get("/changes")
def await_change() -> Response:
    """Answers when the world's change counter is above ?since, or after ?wait seconds."""
    since = request.args.get("since", 0, type=int)
    wait = min(request.args.get("wait", 20.0, type=float), LONGEST_WAIT)
    end = time.monotonic() + wait
    while True:
        left = end - time.monotonic()
        seq = world().await_change(since, min(max(left, 0.0), PATIENCE))
        gone = request.environ["sandbox.connection"].is_cut()
        if seq > since or left <= 0 or gone or world().closing:
            return answer({"seq": seq})


@controls.post("/reset")
def reset() -> Response:
    """Back to the start: the first persons and spaces, real time, no webhooks, no faults."""
    sandbox().reset()
    return Response(status=204)


def _bot() -> Person:
    return next(person for person in world().people.values() if person.role == "bot")


def _body() -> Json:
    found = request.get_json(force=True, silent=True)
    if not isinstance(found, dict):
        raise Problem(400, "The request body could not be read as a JSON object.")
    return found


def _required(body: Json, key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise Problem(400, f"{key} must be a text.")
    return value


def _person(person: Person) -> Json:
    return {
        "name": person.name,
        "email": person.email,
        "personId": person.id,
        "orgId": person.org_id,
        "type": person.type,
        "token": person.token,
        "role": person.role,
    }


def _room(room: Room) -> Json:
    return {
        "id": room.id,
        "title": room.title,
        "type": room.type,
        "members": list(room.members),
        "role": room.role,
    }
