"""Webex's REST API at /v1: reads requests, asks the world, answers as Webex does."""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from io import BytesIO
from itertools import dropwhile, islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, current_app, g, request, send_file
from werkzeug.exceptions import HTTPException

from sandbox import ids
from sandbox.cast import COMPANIES, Person, org_id
from sandbox.clock import read_time, write_time
from sandbox.faults import REFUSALS, Call, Fault
from sandbox.records import Draft, File, Json, Message, Problem
from sandbox.webhooks import Webhooks
from sandbox.world import EDIT_REFUSED, World

if TYPE_CHECKING:
    from sandbox.server import Sandbox

api = Blueprint("api", __name__, url_prefix="/v1")

NO_TOKEN = REFUSALS["401"]
MAX_PEOPLE_IDS = 85


def sandbox() -> "Sandbox":
    """The sandbox that serves this request."""
    serving: Sandbox = current_app.extensions["sandbox"]
    return serving


def world() -> World:
    """The world of the sandbox that serves this request."""
    return sandbox().world


def answer(data: Any, status: int = 200) -> Response:
    """JSON as Webex writes it."""
    return Response(orjson.dumps(data), status, content_type="application/json;charset=UTF-8")


def refusal(status: int, message: str, errors: Any = None) -> Response:
    """An error in Webex's shape: message, errors, trackingId."""
    tracking = f"ROUTERGW_{ids.new_key()}"
    shown = errors if errors is not None else [{"description": message}]
    response = answer({"message": message, "errors": shown, "trackingId": tracking}, status)
    response.headers["TrackingID"] = tracking
    return response


# -- before and after every call -----------------------------------------------------------------


@api.before_request
def receive() -> Response | None:
    """Finds out whose token this is and lets the faults strike that were there when it came in."""
    g.faults = []
    g.who = world().by_token(request.headers.get("Authorization", "").removeprefix("Bearer "))
    if g.who is None:
        return refusal(401, NO_TOKEN)
    if sandbox().faults.any_for_calls():
        g.faults = sandbox().faults.for_call(_describe_call())
    for fault in g.faults:
        refused = _refuse(fault)
        if refused:
            return refused
    return None


@api.after_request
def send(response: Response) -> Response:
    """Counts the call and lets slowness and lost answers strike."""
    if "TrackingID" not in response.headers:
        response.headers["TrackingID"] = f"ROUTERGW_{ids.new_key()}"
    kinds = {fault.kind: fault for fault in g.get("faults", ())}
    if g.get("who") and g.who.role == "bot":
        rule = request.url_rule.rule if request.url_rule else "/v1/?"
        status = "lost" if "lost" in kinds else response.status_code
        sandbox().calls.count(request.method, _template(rule), status)
    if "latency" in kinds:
        _connection().hold(kinds["latency"].delay)
    if "lost" in kinds:
        _connection().hang_up()
    return response


@api.app_errorhandler(Problem)
def explain(problem: Problem) -> Response:
    """What the world refuses."""
    return refusal(problem.status, problem.message, problem.errors)


@api.app_errorhandler(HTTPException)
def explain_http(error: HTTPException) -> Response:
    """What Flask refuses: unknown paths and methods, bodies that are too large."""
    return refusal(error.code or 500, error.description or error.name)


def _describe_call() -> Call:
    body: Any = request.get_json(silent=True) if request.is_json else request.form
    texts = body.items() if isinstance(body, dict) else ()
    body = {key: value for key, value in texts if isinstance(value, str) or key == "attachments"}
    message = world().messages.get((request.view_args or {}).get("message_id", ""))
    return Call(
        request.method,
        request.path,
        g.who.role,
        frozenset(_rooms_named(body, message)),
        time.monotonic() - message.born if message and request.method == "GET" else None,
        request.method == "PUT" and bool(body.get("attachments")),
    )


def _rooms_named(body: Json, message: Message | None) -> Iterator[str]:
    named = request.view_args or {}
    yield from filter(None, (body.get("roomId"), request.args.get("roomId"), named.get("room_id")))
    action = world().actions.get(named.get("action_id", ""))
    direct = world().direct_with(g.who, body.get("toPersonId"), body.get("toPersonEmail"))
    for room in (message and message.room, action and action.message.room, direct):
        if room:
            yield room.id


def _refuse(fault: Fault) -> Response | None:
    if fault.kind == "hang":
        _connection().hold(fault.delay)
        return refusal(502, REFUSALS["502"])
    if fault.kind == "404-after-webhook":
        return refusal(404, "Unable to get message.")
    if fault.kind == "edit-card-refused":
        return refusal(400, EDIT_REFUSED)
    status = "429" if fault.kind == "bucket" else fault.kind
    if status not in REFUSALS:
        return None
    response = refusal(int(status), REFUSALS[status])
    wait = 1 if fault.retry_after is None and status == "429" else fault.retry_after
    if wait is not None:
        response.headers["Retry-After"] = str(wait)
    return response


def _connection() -> Any:
    return request.environ["sandbox.connection"]


@cache
def _template(rule: str) -> str:
    return re.sub(r"<[^>]+>", "{id}", rule)


# -- reading requests ----------------------------------------------------------------------------


def _body() -> Json:
    if not request.is_json:
        raise Problem(415, f"Content type '{request.content_type or ''}' not supported")
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise Problem(400, "The request body could not be read as a JSON object.")
    return found


def _string(body: Json, key: str) -> str:
    value = body.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Problem(400, f"{key} must be a string.")
    return value


def _read_draft() -> Draft:
    multipart = request.mimetype == "multipart/form-data"
    body: Json = request.form.to_dict() if multipart else _body()
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
        _uploads() if multipart else [],
        attachments,
    )


def _uploads() -> list[File]:
    return [
        File(ids.new("CONTENT"), part.filename or "file", part.mimetype, part.read())
        for part in request.files.getlist("files")
    ]


def _page(
    items: Iterable[Any],
    view: Callable[[Any], Json],
    default: int = 100,
    cap: int = 1000,
    cursor: str = "cursor",
) -> Response:
    """A page of `items`; its Link header points behind the last one shown."""
    if cursor == "cursor" and cursor in request.args:
        after = request.args[cursor]
        items = islice(dropwhile(lambda item: item.id != after, items), 1, None)
    limit = min(_max(default), cap)
    page = list(islice(items, limit + 1))
    response = answer({"items": [view(item) for item in page[:limit]]})
    if len(page) > limit:
        query = request.args.to_dict() | {"max": str(limit), cursor: page[limit - 1].id}
        response.headers["Link"] = f'<{request.base_url}?{urlencode(query)}>; rel="next"'
    return response


def _max(default: int) -> int:
    text = request.args.get("max", str(default))
    if not text.isdigit() or int(text) < 1:
        raise Problem(400, "max must be a positive number.")
    return int(text)


# -- people --------------------------------------------------------------------------------------


@api.get("/people/me")
def show_me() -> Response:
    return answer(_person(g.who) | {"status": "active"})


@api.get("/people/<person_id>")
def show_person(person_id: str) -> Response:
    return answer(_person(world().person(person_id)))


@api.get("/people")
def list_people() -> Response:
    wanted = list(filter(None, request.args.get("id", "").split(",")))
    if len(wanted) > MAX_PEOPLE_IDS:
        raise Problem(400, f"At most {MAX_PEOPLE_IDS} ids can be given.")
    email, name = request.args.get("email", ""), request.args.get("displayName", "")
    return _page(world().find_people(g.who, email, name, wanted), _person)


@api.get("/organizations/<organization_id>")
def show_organization(organization_id: str) -> Response:
    names = {org_id(label): name for label, name in COMPANIES.items()}
    if organization_id != g.who.org_id or organization_id not in names:
        raise Problem(404, "Could not find an organization with provided ID.")
    return answer({"id": organization_id, "displayName": names[organization_id]})


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


@api.get("/rooms")
def list_rooms() -> Response:
    rooms = world().rooms_of(g.who)
    kind, order = request.args.get("type"), request.args.get("sortBy")
    if order in ("id", "created"):
        rooms.sort(key=lambda room: (room.created, room.id) if order == "created" else room.id)
    return _page((r for r in rooms if kind in (None, r.type)), lambda room: room.view(g.who))


@api.post("/rooms")
def create_room() -> Response:
    return answer(world().create_room(g.who, _string(_body(), "title")).view(g.who))


@api.get("/rooms/<room_id>")
def show_room(room_id: str) -> Response:
    return answer(world().room(g.who, room_id).view(g.who))


@api.put("/rooms/<room_id>")
def rename_room(room_id: str) -> Response:
    return answer(world().rename_room(g.who, room_id, _string(_body(), "title")).view(g.who))


@api.delete("/rooms/<room_id>")
def delete_room(room_id: str) -> Response:
    world().delete_room(g.who, room_id)
    return Response(status=204)


@api.get("/memberships")
def list_memberships() -> Response:
    room_id = request.args.get("roomId", "")
    person_id, email = request.args.get("personId"), request.args.get("personEmail")
    if (person_id or email) and not room_id:
        raise Problem(400, "roomId is required with personId or personEmail.")
    found = world().memberships(g.who, room_id)
    if person_id or email:
        found = [m for m in found if person_id == m.person.id or email == m.person.email]
        if not found:
            raise Problem(404, "Could not find a membership of this person in the room.")
    return _page(found, lambda membership: membership.view())


@api.post("/memberships")
def create_membership() -> Response:
    body = _body()
    person_id, email = _string(body, "personId"), _string(body, "personEmail")
    if bool(person_id) == bool(email):
        raise Problem(400, "Exactly one of personId and personEmail must be given.")
    moderator = body.get("isModerator") is True
    room_id = _string(body, "roomId")
    return answer(world().add_member(g.who, room_id, person_id, email, moderator).view())


@api.get("/memberships/<membership_id>")
def show_membership(membership_id: str) -> Response:
    return answer(world().membership(g.who, membership_id).view())


@api.put("/memberships/<membership_id>")
def change_membership(membership_id: str) -> Response:
    moderator = _body().get("isModerator") is True
    return answer(world().change_member(g.who, membership_id, moderator).view())


@api.delete("/memberships/<membership_id>")
def delete_membership(membership_id: str) -> Response:
    world().remove_member(g.who, membership_id)
    return Response(status=204)


# -- messages ------------------------------------------------------------------------------------


@api.post("/messages")
def create_message() -> Response:
    return answer(_message(world().post(g.who, _read_draft())))


@api.get("/messages")
def list_messages() -> Response:
    room_id = request.args.get("roomId", "")
    if not room_id:
        raise Problem(400, "roomId is required.")
    return _list_messages(room_id, request.args.get("mentionedPeople", ""))


@api.get("/messages/direct")
def list_direct_messages() -> Response:
    wanted = request.args.get("personId", ""), request.args.get("personEmail", "")
    return _list_messages(world().direct_room(g.who, *wanted).id, "")


@api.get("/messages/<message_id>")
def show_message(message_id: str) -> Response:
    return answer(_message(world().message(g.who, message_id)))


@api.put("/messages/<message_id>")
def edit_message(message_id: str) -> Response:
    return answer(_message(world().edit(g.who, message_id, _read_draft())))


@api.delete("/messages/<message_id>")
def delete_message(message_id: str) -> Response:
    world().delete_message(g.who, message_id)
    return Response(status=204)


@api.get("/contents/<content_id>")
def show_content(content_id: str) -> Response:
    file = world().file(g.who, content_id)
    content = BytesIO(file.content)
    return send_file(content, file.type, as_attachment=True, download_name=file.name)


def _list_messages(room_id: str, mentioned: str) -> Response:
    found: Iterable[Message] = world().messages_in(
        g.who,
        room_id,
        mentioned,
        request.args.get("parentId", ""),
        request.args.get("beforeMessage", ""),
    )
    if "before" in request.args:
        moment = _before(request.args["before"])
        found = (message for message in found if message.created < moment)
    cap = 100 if mentioned else 1000
    return _page(found, _message, default=50, cap=cap, cursor="beforeMessage")


def _before(text: str) -> str:
    try:
        return write_time(read_time(text.replace(" ", "+")))
    except ValueError:
        raise Problem(400, "before must be an ISO 8601 time.") from None


def _message(message: Message) -> Json:
    return message.view(world().base)


# -- card presses --------------------------------------------------------------------------------


@api.post("/attachment/actions")
def create_action() -> Response:
    body = _body()
    inputs = body.get("inputs")
    if body.get("type") != "submit" or not isinstance(inputs, dict):
        raise Problem(400, "type must be submit and inputs must be an object.")
    return answer(world().press(g.who, _string(body, "messageId"), inputs).view())


@api.get("/attachment/actions/<action_id>")
def show_action(action_id: str) -> Response:
    return answer(world().action(g.who, action_id).view())


# -- webhooks ------------------------------------------------------------------------------------


def _webhooks() -> Webhooks:
    return sandbox().webhooks


@api.get("/webhooks")
def list_webhooks() -> Response:
    return _page(_webhooks().of(g.who), lambda webhook: webhook.view())


@api.post("/webhooks")
def create_webhook() -> Response:
    return answer(_webhooks().create(g.who, _body()).view())


@api.get("/webhooks/<webhook_id>")
def show_webhook(webhook_id: str) -> Response:
    return answer(_webhooks().get(g.who, webhook_id).view())


@api.put("/webhooks/<webhook_id>")
def update_webhook(webhook_id: str) -> Response:
    return answer(_webhooks().update(g.who, webhook_id, _body()).view())


@api.delete("/webhooks/<webhook_id>")
def delete_webhook(webhook_id: str) -> Response:
    _webhooks().delete(g.who, webhook_id)
    return Response(status=204)
