"""Webex's REST API at /v1: parses requests, calls the world, responds as Webex does."""

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from io import BytesIO
from itertools import dropwhile, islice
from typing import Any
from urllib.parse import urlencode

import orjson
from aiohttp import web
from aiohttp.payload import BytesIOPayload
from aiohttp.typedefs import Handler

from sandbox import ids
from sandbox.cast import COMPANIES, Person, org_id
from sandbox.clock import read_time, write_time
from sandbox.faults import REFUSALS, Call, Fault
from sandbox.records import Draft, File, Json, Membership, Message, Problem
from sandbox.webex import Webex
from sandbox.webhooks import Webhook, Webhooks
from sandbox.world import EDIT_REFUSED, World

api = web.RouteTableDef()

WEBEX = web.AppKey("webex", Webex)
WHO = web.RequestKey("who", Person)
AT = "/v1/"
NO_TOKEN = REFUSALS["401"]
UNREADABLE = "The request body could not be read as a JSON object."
MULTIPART = "multipart/form-data"
MAX_PEOPLE_IDS = 85


def webex(request: web.Request) -> Webex:
    """The Webex that this request is for."""
    return request.app[WEBEX]


def world(request: web.Request) -> World:
    """The world that this request is for."""
    return webex(request).world


def answer(data: Any, status: int = 200) -> web.Response:
    """A JSON response as Webex writes it."""
    headers = {"Content-Type": "application/json;charset=UTF-8"}
    return web.Response(body=orjson.dumps(data), status=status, headers=headers)


def refusal(status: int, message: str, errors: Any = None) -> web.Response:
    """An error response in Webex's format: message, errors, trackingId."""
    tracking = _new_tracking()
    shown = errors if errors is not None else [{"description": message}]
    response = answer({"message": message, "errors": shown, "trackingId": tracking}, status)
    response.headers["TrackingID"] = tracking
    return response


def _new_tracking() -> str:
    return f"ROUTERGW_{ids.new_key()}"


# -- before and after every call -----------------------------------------------------------------


@web.middleware
async def pack(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Compress the API's responses if the caller accepts that, and send them in chunks."""
    response = await handler(request)
    if request.path.startswith(AT):
        response.enable_chunked_encoding()
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            response.enable_compression(web.ContentCoding.gzip)
    return response


@web.middleware
async def meet(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out whose token this is, and apply the faults in force when the call came in.

    The call is carried out and counted before slowness and lost responses strike.
    """
    if not request.path.startswith(AT):
        return await handler(request)
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    asking = world(request).by_token(token)
    if asking is None:
        return refusal(401, NO_TOKEN)
    request[WHO] = asking
    faults = {fault.kind: fault for fault in await _faults(request)}
    refused = next(filter(None, map(_refuse, faults.values())), None)
    response = refused or await handler(request)
    if "TrackingID" not in response.headers:
        response.headers["TrackingID"] = _new_tracking()
    if asking.role == "bot":
        _count(request, "lost" if "lost" in faults else response.status)
    held = sum(fault.delay for kind, fault in faults.items() if kind in ("hang", "latency"))
    if held:
        await asyncio.sleep(held)
    if "lost" in faults and request.transport:
        request.transport.close()
    return response


@web.middleware
async def explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Respond to refusals by the world, unknown paths and methods, and oversized bodies."""
    try:
        return await handler(request)
    except Problem as problem:
        return refusal(problem.status, problem.message, problem.errors)
    except web.HTTPException as error:
        return refusal(error.status, error.reason)


def _count(request: web.Request, status: int | str) -> None:
    resource = request.match_info.route.resource
    path = _template(resource.canonical) if resource else f"{AT}?"
    webex(request).calls.count(request.method, path, status)


@cache
def _template(path: str) -> str:
    return re.sub(r"{[^}]+}", "{id}", path)


async def _faults(request: web.Request) -> list[Fault]:
    faults = webex(request).faults
    return faults.for_call(await _describe(request)) if faults.any_for_calls() else []


async def _describe(request: web.Request) -> Call:
    fields = (await _fields(request)).items()
    body = {key: value for key, value in fields if isinstance(value, str) or key == "attachments"}
    message = world(request).messages.get(_named(request, "message_id"))
    return Call(
        request.method,
        request.path,
        _who(request).role,
        frozenset(_rooms_named(request, body, message)),
        time.monotonic() - message.born if message and request.method == "GET" else None,
        request.method == "PUT" and bool(body.get("attachments")),
    )


def _rooms_named(request: web.Request, body: Json, message: Message | None) -> Iterator[str]:
    plainly = body.get("roomId"), request.query.get("roomId"), _named(request, "room_id")
    yield from filter(None, plainly)
    action = world(request).actions.get(_named(request, "action_id"))
    whom = body.get("toPersonId"), body.get("toPersonEmail")
    direct = world(request).direct_with(_who(request), *whom)
    for room in (message and message.room, action and action.message.room, direct):
        if room:
            yield room.id


def _refuse(fault: Fault) -> web.Response | None:
    if fault.kind == "404-after-webhook":
        return refusal(404, "Unable to get message.")
    if fault.kind == "edit-card-refused":
        return refusal(400, EDIT_REFUSED)
    status = {"bucket": "429", "hang": "502"}.get(fault.kind, fault.kind)
    if status not in REFUSALS:
        return None
    response = refusal(int(status), REFUSALS[status])
    wait = 1 if fault.retry_after is None and status == "429" else fault.retry_after
    if wait is not None:
        response.headers["Retry-After"] = str(wait)
    return response


# -- reading requests ----------------------------------------------------------------------------


def _who(request: web.Request) -> Person:
    """The person who makes the request."""
    return request[WHO]


def _named(request: web.Request, what: str) -> str:
    """A parameter of the path; empty if it has none."""
    return request.match_info.get(what, "")


async def read_object(request: web.Request) -> Json:
    """The JSON object in a body; what can't be written as JSON again isn't accepted."""
    try:
        found = orjson.loads(await request.read())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Problem(400, UNREADABLE)
    return found


async def _body(request: web.Request) -> Json:
    if not _is_json(request):
        given = request.headers.get("Content-Type", "")
        raise Problem(415, f"Content type '{given}' not supported")
    return await read_object(request)


def _is_json(request: web.Request) -> bool:
    kind = request.content_type
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )


async def _form(request: web.Request) -> Mapping[str, Any]:
    try:
        return await request.post()
    except ValueError:
        raise Problem(400, "The request body could not be read as a form.") from None


async def _fields(request: web.Request) -> Mapping[str, Any]:
    """A body's fields; empty if it can't be read."""
    try:
        return await (read_object if _is_json(request) else _form)(request)
    except Problem:
        return {}


def _string(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Problem(400, f"{key} must be a string.")
    return value


async def _read_draft(request: web.Request) -> Draft:
    multipart = request.content_type == MULTIPART
    body = await (_form if multipart else _body)(request)
    attachments = body.get("attachments") or []
    if not isinstance(attachments, list):
        raise Problem(400, "attachments must be a list.")
    if body.get("files") and not multipart:
        raise Problem(400, "The sandbox fetches no files from URLs: upload them as multipart.")
    return Draft(
        _string(body, "roomId"),
        _string(body, "toPersonId"),
        _string(body, "toPersonEmail"),
        _string(body, "parentId"),
        _string(body, "text"),
        _string(body, "markdown"),
        await _uploads(request) if multipart else [],
        attachments,
    )


async def _uploads(request: web.Request) -> list[File]:
    parts = (await request.post()).getall("files", [])
    return [
        File(ids.new("CONTENT"), part.filename or "file", part.content_type, part.file.read())
        for part in parts
        if isinstance(part, web.FileField)
    ]


def _page(
    request: web.Request,
    items: Iterable[Any],
    view: Callable[[Any], Json],
    default: int = 100,
    cap: int = 1000,
    cursor: str = "cursor",
) -> web.Response:
    """A page of `items`; its Link header continues after the last one shown."""
    if cursor == "cursor" and cursor in request.query:
        after = request.query[cursor]
        items = islice(dropwhile(lambda item: item.id != after, items), 1, None)
    limit = min(_max(request, default), cap)
    page = list(islice(items, limit + 1))
    response = answer({"items": [view(item) for item in page[:limit]]})
    if len(page) > limit:
        query = {**request.query, "max": str(limit), cursor: page[limit - 1].id}
        here = f"{_address(request)}{request.path}?{urlencode(query)}"
        response.headers["Link"] = f'<{here}>; rel="next"'
    return response


def _address(request: web.Request) -> str:
    """This sandbox's URL, under the host name that the caller used."""
    return f"{request.scheme}://{request.host}"


def _max(request: web.Request, default: int) -> int:
    text = request.query.get("max", str(default))
    if not text.isdecimal() or int(text) < 1:
        raise Problem(400, "max must be a positive number.")
    return int(text)


# -- people --------------------------------------------------------------------------------------


@api.get("/v1/people/me")
async def show_me(request: web.Request) -> web.Response:
    return answer(_person(_who(request)) | {"status": "active"})


@api.get("/v1/people/{person_id}")
async def show_person(request: web.Request) -> web.Response:
    return answer(_person(world(request).person(_named(request, "person_id"))))


@api.get("/v1/people")
async def list_people(request: web.Request) -> web.Response:
    wanted = list(filter(None, request.query.get("id", "").split(",")))
    if len(wanted) > MAX_PEOPLE_IDS:
        raise Problem(400, f"At most {MAX_PEOPLE_IDS} ids can be given.")
    email, name = request.query.get("email", ""), request.query.get("displayName", "")
    return _page(request, world(request).find_people(_who(request), email, name, wanted), _person)


@api.get("/v1/organizations/{organization_id}")
async def show_organization(request: web.Request) -> web.Response:
    names = {org_id(label): name for label, name in COMPANIES.items()}
    wanted = _named(request, "organization_id")
    if wanted != _who(request).org_id or wanted not in names:
        raise Problem(404, "Could not find an organization with provided ID.")
    return answer({"id": wanted, "displayName": names[wanted]})


def _person(person: Person) -> Json:
    first, _, last = person.name.partition(" ")
    return {
        "id": person.id,
        "emails": [person.email],
        "displayName": person.name,
        "nickName": first,
        "firstName": first,
        "lastName": last,
        "orgId": person.org_id,
        "created": person.created,
        "type": person.type,
    }


# -- rooms and memberships -----------------------------------------------------------------------


@api.get("/v1/rooms")
async def list_rooms(request: web.Request) -> web.Response:
    who = _who(request)
    rooms = world(request).rooms_of(who)
    kind, order = request.query.get("type"), request.query.get("sortBy")
    if order in ("id", "created"):
        rooms.sort(key=lambda room: (room.created, room.id) if order == "created" else room.id)
    shown = (room for room in rooms if kind in (None, room.type))
    return _page(request, shown, lambda room: room.view(who))


@api.post("/v1/rooms")
async def create_room(request: web.Request) -> web.Response:
    who, title = _who(request), _string(await _body(request), "title")
    return answer(world(request).create_room(who, title).view(who))


@api.get("/v1/rooms/{room_id}")
async def show_room(request: web.Request) -> web.Response:
    who = _who(request)
    return answer(world(request).room(who, _named(request, "room_id")).view(who))


@api.put("/v1/rooms/{room_id}")
async def rename_room(request: web.Request) -> web.Response:
    who, title = _who(request), _string(await _body(request), "title")
    return answer(world(request).rename_room(who, _named(request, "room_id"), title).view(who))


@api.delete("/v1/rooms/{room_id}")
async def delete_room(request: web.Request) -> web.Response:
    world(request).delete_room(_who(request), _named(request, "room_id"))
    return web.Response(status=204)


@api.get("/v1/memberships")
async def list_memberships(request: web.Request) -> web.Response:
    room_id = request.query.get("roomId", "")
    person_id, email = request.query.get("personId"), request.query.get("personEmail")
    if (person_id or email) and not room_id:
        raise Problem(400, "roomId is required with personId or personEmail.")
    found = world(request).memberships(_who(request), room_id)
    if person_id or email:
        found = [m for m in found if person_id == m.person.id or email == m.person.email]
        if not found:
            raise Problem(404, "Could not find a membership of this person in the room.")
    return _page(request, found, Membership.view)


@api.post("/v1/memberships")
async def create_membership(request: web.Request) -> web.Response:
    body = await _body(request)
    person_id, email = _string(body, "personId"), _string(body, "personEmail")
    if bool(person_id) == bool(email):
        raise Problem(400, "Exactly one of personId and personEmail must be given.")
    moderator = body.get("isModerator") is True
    wanted = _string(body, "roomId"), person_id, email, moderator
    return answer(world(request).add_member(_who(request), *wanted).view())


@api.get("/v1/memberships/{membership_id}")
async def show_membership(request: web.Request) -> web.Response:
    wanted = _named(request, "membership_id")
    return answer(world(request).membership(_who(request), wanted).view())


@api.put("/v1/memberships/{membership_id}")
async def change_membership(request: web.Request) -> web.Response:
    moderator = (await _body(request)).get("isModerator") is True
    wanted = _named(request, "membership_id")
    return answer(world(request).change_member(_who(request), wanted, moderator).view())


@api.delete("/v1/memberships/{membership_id}")
async def delete_membership(request: web.Request) -> web.Response:
    world(request).remove_member(_who(request), _named(request, "membership_id"))
    return web.Response(status=204)


# -- messages ------------------------------------------------------------------------------------


@api.post("/v1/messages")
async def create_message(request: web.Request) -> web.Response:
    draft = await _read_draft(request)
    return _message(request, world(request).post(_who(request), draft))


@api.get("/v1/messages")
async def list_messages(request: web.Request) -> web.Response:
    room_id = request.query.get("roomId", "")
    if not room_id:
        raise Problem(400, "roomId is required.")
    return _list_messages(request, room_id, request.query.get("mentionedPeople", ""))


@api.get("/v1/messages/direct")
async def list_direct_messages(request: web.Request) -> web.Response:
    wanted = request.query.get("personId", ""), request.query.get("personEmail", "")
    return _list_messages(request, world(request).direct_room(_who(request), *wanted).id, "")


@api.get("/v1/messages/{message_id}")
async def show_message(request: web.Request) -> web.Response:
    return _message(request, world(request).message(_who(request), _named(request, "message_id")))


@api.put("/v1/messages/{message_id}")
async def edit_message(request: web.Request) -> web.Response:
    draft, wanted = await _read_draft(request), _named(request, "message_id")
    return _message(request, world(request).edit(_who(request), wanted, draft))


@api.delete("/v1/messages/{message_id}")
async def delete_message(request: web.Request) -> web.Response:
    world(request).delete_message(_who(request), _named(request, "message_id"))
    return web.Response(status=204)


@api.get("/v1/contents/{content_id}")
async def show_content(request: web.Request) -> web.Response:
    file = world(request).file(_who(request), _named(request, "content_id"))
    content = BytesIOPayload(BytesIO(file.content), content_type=file.type)
    content.set_content_disposition("attachment", filename=file.name)
    return web.Response(body=content)


def _list_messages(request: web.Request, room_id: str, mentioned: str) -> web.Response:
    found: Iterable[Message] = world(request).messages_in(
        _who(request),
        room_id,
        mentioned,
        request.query.get("parentId", ""),
        request.query.get("beforeMessage", ""),
    )
    if "before" in request.query:
        moment = _before(request.query["before"])
        found = (message for message in found if message.created < moment)
    cap = 100 if mentioned else 1000
    view = partial(Message.view, base=f"{_address(request)}/v1")
    return _page(request, found, view, default=50, cap=cap, cursor="beforeMessage")


def _before(text: str) -> str:
    try:
        return write_time(read_time(text.replace(" ", "+")))
    except ValueError:
        raise Problem(400, "before must be an ISO 8601 time.") from None


def _message(request: web.Request, message: Message) -> web.Response:
    return answer(message.view(f"{_address(request)}/v1"))


# -- card presses --------------------------------------------------------------------------------


@api.post("/v1/attachment/actions")
async def create_action(request: web.Request) -> web.Response:
    body = await _body(request)
    inputs = body.get("inputs")
    if body.get("type") != "submit" or not isinstance(inputs, dict):
        raise Problem(400, "type must be submit and inputs must be an object.")
    return answer(world(request).press(_who(request), _string(body, "messageId"), inputs).view())


@api.get("/v1/attachment/actions/{action_id}")
async def show_action(request: web.Request) -> web.Response:
    wanted = _named(request, "action_id")
    return answer(world(request).action(_who(request), wanted).view())


# -- webhooks ------------------------------------------------------------------------------------


def _webhooks(request: web.Request) -> Webhooks:
    return webex(request).webhooks


@api.get("/v1/webhooks")
async def list_webhooks(request: web.Request) -> web.Response:
    return _page(request, _webhooks(request).of(_who(request)), Webhook.view)


@api.post("/v1/webhooks")
async def create_webhook(request: web.Request) -> web.Response:
    return answer(_webhooks(request).create(_who(request), await _body(request)).view())


@api.get("/v1/webhooks/{webhook_id}")
async def show_webhook(request: web.Request) -> web.Response:
    wanted = _named(request, "webhook_id")
    return answer(_webhooks(request).get(_who(request), wanted).view())


@api.put("/v1/webhooks/{webhook_id}")
async def update_webhook(request: web.Request) -> web.Response:
    wanted, body = _named(request, "webhook_id"), await _body(request)
    return answer(_webhooks(request).update(_who(request), wanted, body).view())


@api.delete("/v1/webhooks/{webhook_id}")
async def delete_webhook(request: web.Request) -> web.Response:
    _webhooks(request).delete(_who(request), _named(request, "webhook_id"))
    return web.Response(status=204)
