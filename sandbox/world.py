"""A Webex in memory: people, rooms, memberships, messages, card presses, files; one lock."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sandbox import cards, cast, ids, prose
from sandbox.cast import Person
from sandbox.clock import Clock
from sandbox.records import Action, Draft, Event, File, Json, Membership, Message, Problem, Room

TEXT_LIMIT = 7439
EDIT_LIMIT = 10
EDIT_REFUSED = "Edits of messages containing files or attachments are not currently supported"
TWO_PERSONS = "Provide only one destination in the personId and personEmail fields"
CARD_TYPE = "application/vnd.microsoft.card.adaptive"

P = ParamSpec("P")
R = TypeVar("R")


def locked(method: "Callable[Concatenate[World, P], R]") -> "Callable[Concatenate[World, P], R]":
    """Run a method of the world under its lock."""

    @wraps(method)
    def inside(self: "World", /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock:
            return method(self, *args, **kwargs)

    return inside


class World:
    """Everything the sandbox knows, and what people and bots may do with it.

    Every operation takes the person who asks as its first argument and raises `Problem` with
    Webex's status and message. `tell` is called under the lock with each `Event`, in order.
    """

    def __init__(self, clock: Clock) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.base = ""
        self.closing = False
        self.tell: Callable[[Event], None] = lambda event: None
        self._changed = threading.Condition(self.lock)
        self.changes = 0
        self.reset()

    @locked
    def reset(self) -> None:
        """Start over: only the initial people and spaces, real time."""
        self.clock.set_offset(0.0)
        everybody = [replace(person) for person in cast.PEOPLE]
        self.people = {person.id: person for person in everybody}
        self._by_email = {person.email.lower(): person for person in everybody}
        self._by_token = {person.token: person for person in everybody}
        self.rooms: dict[str, Room] = {}
        self._rooms_of: dict[str, dict[str, Room]] = {}
        self._direct: dict[frozenset[str], Room] = {}
        self.messages: dict[str, Message] = {}
        self.actions: dict[str, Action] = {}
        self.files: dict[str, File] = {}
        for space in cast.SPACES:
            self._furnish(space)
        self.bump()

    # -- changes ---------------------------------------------------------------------------------

    @locked
    def bump(self) -> None:
        """Count a change and wake everybody who waits for one."""
        self.changes += 1
        self._changed.notify_all()

    @locked
    def await_change(self, since: int, wait: float) -> int:
        """Return the change counter as soon as it is above `since`, or after `wait` seconds."""
        deadline = time.monotonic() + wait
        while self.changes <= since and not self.closing:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self._changed.wait(left)
        return self.changes

    @locked
    def close(self) -> None:
        """Release everybody who waits for a change."""
        self.closing = True
        self._changed.notify_all()

    # -- people ----------------------------------------------------------------------------------

    def by_token(self, token: str) -> Person | None:
        """The person with this token."""
        return self._by_token.get(token)

    @locked
    def add_person(self, name: str, email: str, org: str, kind: str = "person") -> Person:
        """Add a person; `org` is a label of `cast` or an organisation's id."""
        if email.lower() in self._by_email:
            raise Problem(409, "A person with this address exists.")
        return self._settle(cast.make_person(name, email, org, "added", kind))

    def _settle(self, person: Person, *, anew: bool = False) -> Person:
        """Let a person in; `anew`, or if somebody had their address before: with a new id."""
        if anew or person.id in self.people:
            person.id = ids.new("PEOPLE")
            person.token = f"{ids.key(person.id)}-{person.token}"
        self.people[person.id] = person
        self._by_email[person.email.lower()] = person
        self._by_token[person.token] = person
        return person

    @locked
    def change_address(self, person_id: str, email: str) -> Person:
        """Give a person another address; the account, its id and its token stay."""
        person = self.person(person_id)
        if self._by_email.get(email.lower(), person) is not person:
            raise Problem(409, "A person with this address exists.")
        del self._by_email[person.email.lower()]
        person.email = email
        self._by_email[email.lower()] = person
        self.bump()
        return person

    @locked
    def make_account_anew(self, person_id: str, org: str = "") -> Person:
        """Delete a person's account and make a new one: same name and address, another id.

        `org`: the new account's organisation, by default the same. The old account leaves its
        spaces without an event; the new one is in none.
        """
        old = self.person(person_id)
        for room in self._rooms_of.pop(old.id, {}).values():
            room.members.pop(old.id, None)
        del self.people[old.id], self._by_token[old.token]
        new = cast.make_person(old.name, old.email, org or old.org_id, old.role, old.type)
        self.bump()
        return self._settle(new, anew=True)

    @locked
    def person(self, person_id: str) -> Person:
        """A person by id; anybody may be looked up."""
        found = self.people.get(person_id)
        if found is None:
            raise not_found(person_id, "Person not found.")
        return found

    @locked
    def find_people(
        self, who: Person, email: str = "", name: str = "", wanted: Iterable[str] = ()
    ) -> list[Person]:
        """Find anybody by id; by address or name, only people of the asker's own organisation."""
        if wanted:
            return [self.people[i] for i in wanted if i in self.people]
        if email:
            one = self._by_email.get(email.lower())
            return [one] if one and one.org_id == who.org_id else []
        if name:
            start = name.lower()
            return [
                p
                for p in self.people.values()
                if p.org_id == who.org_id and p.name.lower().startswith(start)
            ]
        raise Problem(400, "Email, displayName, or id list should be specified.")

    def _addressee(self, person_id: str, email: str) -> Person:
        found = self.people.get(person_id) if person_id else self._by_email.get(email.lower())
        if found is None:
            raise Problem(404, "Could not find a person with the provided ID or email.")
        return found

    # -- rooms -----------------------------------------------------------------------------------

    @locked
    def rooms_of(self, who: Person) -> list[Room]:
        """The rooms that `who` is in, most recently active first."""
        mine = list(self._rooms_of.get(who.id, {}).values())
        return sorted(mine, key=lambda room: room.last_activity, reverse=True)

    @locked
    def room(self, who: Person, room_id: str) -> Room:
        """A room that `who` is in."""
        found = self.rooms.get(room_id)
        if found is None or who.id not in found.members:
            raise not_found(room_id, "Could not find a room with provided ID.")
        return found

    @locked
    def create_room(self, who: Person, title: str) -> Room:
        """Create a group space with `who` as its only member."""
        _refuse_empty_title(title)
        room = self._new_room(title, "group", who)
        self._tell_room("created", room, who)
        self._join(room, who, who)
        self.bump()
        return room

    @locked
    def rename_room(self, who: Person, room_id: str, title: str) -> Room:
        """Rename a group space."""
        room = self.room(who, room_id)
        _refuse_empty_title(title)
        if room.type == "direct":
            raise Problem(400, "Cannot update a direct room.")
        room.title = title
        self._tell_room("updated", room, who)
        self.bump()
        return room

    @locked
    def delete_room(self, who: Person, room_id: str) -> None:
        """Delete a group space for everybody: from now on every call that names it is a 404."""
        room = self.room(who, room_id)
        if room.type == "direct":
            raise Problem(400, "Cannot delete a direct room.")
        del self.rooms[room.id]
        for person_id in room.members:
            self._rooms_of[person_id].pop(room.key, None)
        room.members.clear()
        self.bump()

    @locked
    def migrate_room(self, room_id: str) -> Room:
        """Move a room to another region: it and its memberships get new ids.

        The old room id is a 404 from now on; messages keep theirs. Members' webhooks get
        rooms.migrated with the room's new shape, and the former id in `migratedFrom`. (What the
        real event's `data` looks like is not documented: an app must not need more than `id`.)
        """
        room = self.rooms.get(room_id)
        if room is None:
            raise not_found(room_id, "Could not find a room with provided ID.")
        del self.rooms[room_id]
        room.cluster = ids.US if room.cluster == ids.MOVED_CLUSTER else ids.MOVED_CLUSTER
        self.rooms[room.id] = room
        self._tell_room("migrated", room, self.people[room.creator_id], migratedFrom=room_id)
        self.bump()
        return room

    def _new_room(
        self, title: str, kind: str, by: Person, cluster: str = "", key: str = ""
    ) -> Room:
        now = self.clock.stamp()
        if not cluster:
            cluster = ids.TEAM_CLUSTER if len(self.rooms) % 2 else ids.US
        room = Room(key or ids.new_key(), cluster, title, kind, by.id, by.org_id, now)
        room.last_activity = now
        self.rooms[room.id] = room
        return room

    def _furnish(self, space: cast.Space) -> None:
        people = {person.role: person for person in self.people.values()}
        first = people[space.members[0]]
        key = ids.fixed_key(f"room/{space.role}")
        room = self._new_room(space.title, "group", first, space.cluster, key)
        room.role = space.role
        for role in space.members:
            self._enter(room, people[role], moderator=role == space.members[0])

    def _tell_room(self, event: str, room: Room, actor: Person, **extra: str) -> None:
        data = room.view() | extra
        del data["title"]
        facts = {"type": room.type, "isLocked": "false"}
        self.tell(Event("rooms", event, actor, data, facts, lambda p: p.id in room.members))

    # -- memberships -----------------------------------------------------------------------------

    @locked
    def memberships(self, who: Person, room_id: str = "") -> list[Membership]:
        """The memberships of a room, or all those of `who`."""
        if room_id:
            return list(self.room(who, room_id).members.values())
        return [room.members[who.id] for room in self._rooms_of.get(who.id, {}).values()]

    @locked
    def membership(self, who: Person, membership_id: str) -> Membership:
        """One membership of a room that `who` is in."""
        person_key, _, room_key = ids.key(membership_id).partition(":")
        room = self._rooms_of.get(who.id, {}).get(room_key)
        for found in room.members.values() if room else ():
            if found.id == membership_id and ids.key(found.person.id) == person_key:
                return found
        raise not_found(membership_id, "Could not find a membership with provided ID.")

    @locked
    def add_member(
        self, who: Person, room_id: str, person_id: str, email: str, moderator: bool = False
    ) -> Membership:
        """Add a person to a group space that `who` is in."""
        room = self.rooms.get(room_id)
        if room is None:
            raise not_found(room_id, "Could not find a room with provided ID.")
        if who.id not in room.members:
            raise Problem(502, "Add participant failed.")
        if room.type == "direct":
            raise Problem(403, "Participants cannot be added to a one-on-one room.")
        person = self._addressee(person_id, email)
        if person.id in room.members:
            raise Problem(409, "Person is already in the room.")
        membership = self._join(room, person, who, moderator)
        self.bump()
        return membership

    @locked
    def change_member(self, who: Person, membership_id: str, moderator: bool) -> Membership:
        """Make a member a moderator, or an ordinary member again."""
        membership = self.membership(who, membership_id)
        membership.is_moderator = moderator
        self._tell_membership("updated", membership, who, set(membership.room.members))
        self.bump()
        return membership

    @locked
    def remove_member(self, who: Person, membership_id: str) -> None:
        """Remove a member from a group space, or let them leave it."""
        membership = self.membership(who, membership_id)
        room = membership.room
        if room.type == "direct":
            raise Problem(403, "Participants cannot be removed from a one-on-one room.")
        told = set(room.members)
        del room.members[membership.person.id]
        del self._rooms_of[membership.person.id][room.key]
        self._tell_membership("deleted", membership, who, told)
        self.bump()

    def _join(self, room: Room, person: Person, by: Person, moderator: bool = False) -> Membership:
        membership = self._enter(room, person, moderator)
        self._tell_membership("created", membership, by, set(room.members))
        return membership

    def _enter(self, room: Room, person: Person, moderator: bool) -> Membership:
        membership = Membership(room, person, self.clock.stamp(), moderator)
        room.members[person.id] = membership
        self._rooms_of.setdefault(person.id, {})[room.key] = room
        return membership

    def _tell_membership(
        self, event: str, membership: Membership, actor: Person, told: set[str]
    ) -> None:
        data = membership.view()
        facts = {key: data[key] for key in ("roomId", "personId", "personEmail")}
        facts["isModerator"] = str(membership.is_moderator).lower()
        self.tell(Event("memberships", event, actor, data, facts, lambda p: p.id in told))

    # -- messages --------------------------------------------------------------------------------

    @locked
    def post(self, who: Person, draft: Draft) -> Message:
        """Post a message; the first one to a person creates the direct room."""
        check_content(draft)
        if len(draft.files) > 1 and who.is_bot:
            raise Problem(400, "Only one file can be attached to a message.")
        room = self._destination(who, draft)
        if draft.parent_id:
            self._refuse_bad_parent(room, draft.parent_id)
        message_id = ids.new("MESSAGE", room.cluster)
        message = Message(message_id, room, who, self.clock.stamp(), draft.parent_id)
        self._write(message, draft)
        for file in draft.files:
            file.room = room
            self.files[file.id] = file
        message.files = draft.files
        self.messages[message.id] = room.messages[message.id] = message
        room.last_activity = message.created
        self._tell_message("created", message, who)
        self.bump()
        return message

    @locked
    def edit(self, who: Person, message_id: str, draft: Draft) -> Message:
        """Edit one's own message, at most ten times; a card can only be replaced by a card."""
        message = self.message(who, message_id)
        self._refuse_edit(who, message, draft)
        check_content(draft)
        self._write(message, draft)
        message.edits += 1
        message.updated = self.clock.stamp()
        self.bump()
        return message

    @locked
    def delete_message(self, who: Person, message_id: str) -> None:
        """Delete one's own message."""
        message = self.message(who, message_id)
        if message.author.id != who.id:
            raise Problem(403, "You are not allowed to delete this message.")
        del self.messages[message_id]
        del message.room.messages[message_id]
        self._tell_message("deleted", message, who)
        self.bump()

    @locked
    def message(self, who: Person, message_id: str) -> Message:
        """A message that `who` may see."""
        found = self.messages.get(message_id)
        if found is None or not found.visible_to(who):
            raise not_found(message_id, "Unable to get message.")
        return found

    @locked
    def messages_in(
        self,
        who: Person,
        room_id: str,
        mentioned: str = "",
        parent_id: str = "",
        before_message: str = "",
    ) -> Iterator[Message]:
        """A room's messages, newest first; in a group, a bot may only list its mentions."""
        room = self.room(who, room_id)
        if mentioned not in ("", "me", who.id):
            raise Problem(400, "mentionedPeople may only hold me or your own ID.")
        if who.is_bot and room.type == "group" and not mentioned:
            raise Problem(403, "Bots must specify mentionedPeople=me to list a group room.")
        chosen = reversed(room.messages.values())
        if before_message:
            chosen = _after(before_message, chosen)
        return iter(
            [
                message
                for message in chosen
                if (not mentioned or who.id in message.mentioned)
                and (not parent_id or message.parent_id == parent_id)
            ]
        )

    @locked
    def direct_room(self, who: Person, person_id: str, email: str) -> Room:
        """The direct room with a person. Raises `Problem` if there is none."""
        if bool(person_id) == bool(email):
            raise Problem(400, TWO_PERSONS)
        room = self.direct_with(who, person_id, email)
        if room is None:
            raise Problem(404, "Could not find a direct room with the provided person.")
        return room

    @locked
    def direct_with(self, who: Person, person_id: str | None, email: str | None) -> Room | None:
        """The direct room with a person; None if there is no such room or person."""
        other = self.people.get(person_id or "") or self._by_email.get((email or "").lower())
        return self._direct.get(frozenset((who.id, other.id))) if other else None

    @locked
    def file(self, who: Person, file_id: str) -> File:
        """An uploaded file in a room that `who` is in."""
        found = self.files.get(file_id)
        if found is None or found.room is None or who.id not in found.room.members:
            raise not_found(file_id, "Could not find content with provided ID.")
        return found

    def _destination(self, who: Person, draft: Draft) -> Room:
        if sum(map(bool, (draft.room_id, draft.to_person_id, draft.to_person_email))) != 1:
            raise Problem(
                400,
                "Exactly one of the destination fields must not be empty"
                " (roomId, toPersonEmail, toPersonId)",
            )
        if draft.room_id:
            return self.room(who, draft.room_id)
        other = self._addressee(draft.to_person_id, draft.to_person_email)
        if other.id == who.id:
            raise Problem(400, "You cannot send a message to yourself.")
        pair = frozenset((who.id, other.id))
        if pair not in self._direct:
            self._direct[pair] = self._open_direct(who, other)
        return self._direct[pair]

    def _open_direct(self, who: Person, other: Person) -> Room:
        room = self._new_room(f"{who.name}, {other.name}", "direct", who)
        for person in (who, other):
            self._enter(room, person, moderator=False)
        self._tell_room("created", room, who)
        for membership in list(room.members.values()):
            self._tell_membership("created", membership, who, set(room.members))
        return room

    def _refuse_bad_parent(self, room: Room, parent_id: str) -> None:
        parent = room.messages.get(parent_id)
        if parent is None:
            raise Problem(400, "The parent message could not be found in this room.")
        if parent.parent_id:
            raise Problem(400, "A reply cannot be the parent of another reply.")

    def _refuse_edit(self, who: Person, message: Message, draft: Draft) -> None:
        if message.author.id != who.id:
            raise Problem(403, "You are not allowed to edit this message.")
        if draft.room_id != message.room.id:
            raise Problem(400, "roomId does not match the message.")
        if message.edits >= EDIT_LIMIT:
            raise Problem(400, "The message has reached its maximum number of edits.")
        card = bool(message.attachments) or bool(draft.attachments)
        if message.files or (card and not draft.attachments):
            raise Problem(400, EDIT_REFUSED)

    def _write(self, message: Message, draft: Draft) -> None:
        shown = prose.Prose(draft.text, "")
        if draft.markdown:
            shown = prose.render(draft.markdown, lambda who: self._member(message.room, who))
        message.text = draft.text or shown.text
        message.markdown, message.html = draft.markdown, shown.html
        message.mentioned, message.groups = shown.people, shown.groups
        message.attachments = draft.attachments

    def _member(self, room: Room, who: str) -> Person | None:
        person = self.people.get(who) or self._by_email.get(who.lower())
        return person if person and person.id in room.members else None

    def _tell_message(self, event: str, message: Message, actor: Person) -> None:
        data = message.outline(self.base)
        facts = {key: data[key] for key in ("roomId", "roomType", "personId", "personEmail")}
        facts["mentionedPeople"] = message.mentioned
        facts["hasFiles"] = str(bool(message.files)).lower()
        facts["hasAttachments"] = str(bool(message.attachments)).lower()
        self.tell(Event("messages", event, actor, data, facts, message.visible_to))

    # -- card presses ----------------------------------------------------------------------------

    @locked
    def press(self, who: Person, message_id: str, inputs: Json) -> Action:
        """Press a card's button: any member but its author may, with any inputs, many times."""
        message = self.message(who, message_id)
        if not message.attachments:
            raise _cannot_press("MessageId should point to an activity with cards")
        if message.author.id == who.id:
            raise _cannot_press("Author of a card cannot submit a cardAction on that card")
        action_id = ids.new("ATTACHMENT_ACTION", message.room.cluster)
        action = Action(action_id, message, who, inputs, self.clock.stamp())
        self.actions[action.id] = action
        data = action.outline()
        facts = {key: data[key] for key in ("messageId", "personId", "roomId")}
        author = message.author.id
        event = Event("attachmentActions", "created", who, data, facts, lambda p: p.id == author)
        self.tell(event)
        return action

    @locked
    def action(self, who: Person, action_id: str) -> Action:
        """A press, visible to the card's author and to the person who pressed."""
        found = self.actions.get(action_id)
        if found is None or who.id not in (found.person.id, found.message.author.id):
            raise not_found(action_id, "Unable to get attachment action.")
        return found


def not_found(given: str, message: str) -> Problem:
    """A 404, or a 400 if what was given isn't an id at all."""
    if not ids.looks_valid(given):
        return Problem(400, "Expect base64 ID or UUID.")
    return Problem(404, message)


def check_content(draft: Draft) -> None:
    """Refuse what no Webex message can hold: nothing, too much, or an invalid card."""
    if not (draft.text or draft.markdown or draft.files):
        raise Problem(400, "Both text and file cannot be empty.")
    if any(len(part.encode()) > TEXT_LIMIT for part in (draft.text, draft.markdown)):
        raise Problem(400, f"Message length limited to {TEXT_LIMIT} bytes")
    if draft.files and draft.attachments:
        raise Problem(400, "A message cannot have both files and attachments.")
    if draft.attachments:
        _check_cards(draft.attachments)


def _check_cards(attachments: list[Json]) -> None:
    if len(attachments) > 1:
        raise Problem(400, "Only one card can be attached to a message.")
    card = attachments[0]
    if not isinstance(card, dict) or card.get("contentType") != CARD_TYPE:
        raise _bad_card("Unsupported attachment content type", [])
    flaws = cards.schema_flaws(card.get("content"))
    if flaws:
        raise _bad_card("Invalid Adaptive Card Json", flaws)
    flaws = cards.limit_flaws(card["content"])
    if flaws:
        raise _bad_card("Unsupported Adaptive Card", flaws)
    if cards.too_big(card["content"]):
        raise Problem(400, "Unable to share content to room")


def _bad_card(reason: str, flaws: list[str]) -> Problem:
    attachments = {"code": "invalid_attachments", "reason": reason, "attachmentErrors": flaws}
    return Problem(400, reason, {"attachments": attachments})


def _cannot_press(why: str) -> Problem:
    return Problem(400, f'Unable to post attachment action: "{why}"')


def _refuse_empty_title(title: str) -> None:
    if not title.strip():
        raise Problem(400, "Title cannot be empty.")


def _after(message_id: str, messages: Iterator[Message]) -> Iterator[Message]:
    for message in messages:
        if message.id == message_id:
            return messages
    raise Problem(404, "Could not find the message given in beforeMessage.")
