"""The sandbox's own controls at /sandbox: people, rooms, clock, faults, deliveries, e-mails."""

import asyncio
import time
from typing import TypeVar

from aiohttp import web

from sandbox.api import answer, read_object, webex, world
from sandbox.cast import Person
from sandbox.clock import read_time
from sandbox.records import Json, Problem, Room

controls = web.RouteTableDef()

N = TypeVar("N", int, float)

MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self';"
    " sandbox allow-popups allow-popups-to-escape-sandbox"
)

LONGEST_WAIT = 60.0
PATIENCE = 2.0


@controls.get("/sandbox/people")
async def list_people(request: web.Request) -> web.Response:
    return answer([_person(person) for person in list(world(request).people.values())])


@controls.post("/sandbox/people")
async def add_person(request: web.Request) -> web.Response:
    """Add {name, email, org or orgId, type}; org is a label such as "partner" or "consumer"."""
    body = await read_object(request)
    org = body.get("orgId") or body.get("org") or "consumer"
    kind = body.get("type") or "person"
    person = world(request).add_person(_required(body, "name"), _required(body, "email"), org, kind)
    return answer(_person(person))


@controls.post("/sandbox/people/{person_id}/address")
async def change_address(request: web.Request) -> web.Response:
    """Give a person another address {email}; the account stays the same."""
    email = _required(await read_object(request), "email")
    return answer(_person(world(request).change_address(request.match_info["person_id"], email)))


@controls.post("/sandbox/people/{person_id}/account")
async def make_account_anew(request: web.Request) -> web.Response:
    """Replace a person's account by a new one with their name and address; {org or orgId}."""
    body = await read_object(request)
    org = str(body.get("orgId") or body.get("org") or "")
    person_id = request.match_info["person_id"]
    return answer(_person(world(request).make_account_anew(person_id, org)))


@controls.get("/sandbox/rooms")
async def list_rooms(request: web.Request) -> web.Response:
    return answer([_room(room) for room in list(world(request).rooms.values())])


@controls.post("/sandbox/rooms")
async def add_room(request: web.Request) -> web.Response:
    """Create a group space {title, members: [person ids], bot: true}, as its first member."""
    body = await read_object(request)
    members = [world(request).person(str(member)) for member in body.get("members") or []]
    if body.get("bot"):
        members.append(_bot(request))
    if not members:
        raise Problem(400, "A room needs a member.")
    first, *others = members
    room = world(request).create_room(first, _required(body, "title"))
    for person in others:
        world(request).add_member(first, room.id, person.id, "")
    return answer(_room(room))


@controls.post("/sandbox/rooms/{room_id}/migrate")
async def migrate_room(request: web.Request) -> web.Response:
    """Move a room to another region: a new id, and rooms.migrated for its members."""
    return answer(_room(world(request).migrate_room(request.match_info["room_id"])))


@controls.get("/sandbox/clock")
async def show_clock(request: web.Request) -> web.Response:
    return _clock(request)


@controls.post("/sandbox/clock")
async def move_clock(request: web.Request) -> web.Response:
    """Set the time to {now}; it goes on from there."""
    try:
        now = read_time(_required(await read_object(request), "now"))
        world(request).clock.move_to(now)
    except (ValueError, OverflowError):
        raise Problem(400, "now must be an ISO 8601 time.") from None
    world(request).bump()
    return _clock(request)


def _clock(request: web.Request) -> web.Response:
    clock = world(request).clock
    return answer({"now": clock.stamp(), "offset": clock.offset})


@controls.get("/sandbox/faults")
async def list_faults(request: web.Request) -> web.Response:
    return answer(webex(request).faults.view())


@controls.post("/sandbox/faults")
async def order_fault(request: web.Request) -> web.Response:
    """Order a fault; see `faults.Fault` for its fields."""
    try:
        return answer(webex(request).faults.order(await read_object(request)).view())
    except (TypeError, ValueError) as error:
        raise Problem(400, str(error)) from None


@controls.delete("/sandbox/faults")
async def clear_faults(request: web.Request) -> web.Response:
    webex(request).faults.clear()
    return web.Response(status=204)


@controls.get("/sandbox/deliveries")
async def list_deliveries(request: web.Request) -> web.Response:
    """The last webhook deliveries, newest last; ?last=N for fewer."""
    log = webex(request).hooks.log.copy()
    last = _number(request, "last", 0)
    return answer(list(log)[-last:] if last else list(log))


@controls.get("/sandbox/mails")
async def list_mails(request: web.Request) -> web.Response:
    """The e-mails that the bot has sent, newest last."""
    return answer([mail.view() for mail in webex(request).mails.all()])


@controls.get("/sandbox/mails/{number}")
async def show_mail(request: web.Request) -> web.Response:
    """Show an e-mail's HTML as a mail program would: without scripts; links open elsewhere."""
    wanted = request.match_info["number"]
    mail = next((each for each in webex(request).mails.all() if str(each.id) == wanted), None)
    if mail is None:
        raise web.HTTPNotFound
    html = mail.html.replace("<head>", '<head><base target="_blank">', 1)
    headers = {"Content-Security-Policy": MAIL_POLICY, "X-Content-Type-Options": "nosniff"}
    return web.Response(text=html, content_type="text/html", headers=headers)


@controls.get("/sandbox/requests")
async def list_requests(request: web.Request) -> web.Response:
    """How often the bot made which call, by method, path and status."""
    return answer(webex(request).calls.view())


@controls.delete("/sandbox/requests")
async def forget_requests(request: web.Request) -> web.Response:
    webex(request).calls.clear()
    return web.Response(status=204)


@controls.get("/sandbox/changes")
async def await_change(request: web.Request) -> web.Response:
    """Respond when the world's change counter is above ?since, or after ?wait seconds."""
    since = _number(request, "since", 0)
    end = time.monotonic() + min(_number(request, "wait", 20.0), LONGEST_WAIT)
    while True:
        left = end - time.monotonic()
        patience = min(max(left, 0.0), PATIENCE)
        seq = await asyncio.to_thread(world(request).await_change, since, patience)
        if seq > since or left <= 0 or world(request).closing:
            return answer({"seq": seq})


@controls.post("/sandbox/reset")
async def reset(request: web.Request) -> web.Response:
    """Start over: the initial people and spaces, real time, no webhooks, no faults."""
    webex(request).reset()
    return web.Response(status=204)


def _bot(request: web.Request) -> Person:
    return next(person for person in world(request).people.values() if person.role == "bot")


def _number(request: web.Request, key: str, default: N) -> N:
    try:
        return type(default)(request.query[key])
    except (KeyError, ValueError):
        return default


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
