"""Anything at all, at each of the doors: the webhook, a form, a press, a line of text.

An attempt fails if something breaks: an unexpected exception, a 5xx, a row that is half written.
`make test` tries some examples; `make soak` tries more than 100,000.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.conversation.hear import said, understand
from bot.conversation.routes import commands, presses
from bot.web.app import create_app
from bot.webex import identity
from bot.webex.identity import Identity
from cards.kit.forms import Invalid
from tests.rights.events import Outcome, Play
from tests.rights.inputs import inputs
from tests.rights.matrix import strangers_rows
from tests.rights.world import Id, Place, Somebody

# ------------------------------------------------------------------ examples

NASTY = (
    *("", " ", "\0", "a\0b", "\ud800", "\udfff", "\u200b", "\u202e", "\ufeff", "\x1b[0m", "’"),
    *("0", "-1", "1e9", "NaN", "true", "999999999999999", "9" * 30, "١٢", "²", "2026-02-30"),
    *("<@all>", "<spark-mention", "{form}", "%s", "'; --", "../..", "T-", "T-2222", "x" * 9000),
    *("a@b", "a@b.example", "Ü@ü.example", "2026-12-24", "en", "BG", "UTC", "null", "[]"),
)

text = st.text() | st.text(st.characters(exclude_categories=()), max_size=40)
nasty = st.sampled_from(NASTY) | text
numbers = st.integers() | st.integers(0, 3) | st.sampled_from([2**31, 2**63, 10**15, -1])
scalars = st.none() | st.booleans() | numbers | st.floats() | nasty
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4)
)
places = st.sampled_from(Place)
names = st.sampled_from(
    ["nora", "tom", "ines", "viktor", "clara", "lena", "ben", "petra", "jo", "omar"]
)


@st.composite
def a_press(draw: st.DrawFn, play: Play) -> Any:
    """A form's inputs with some of them wrong, missing or too many; sometimes anything at all."""
    if draw(st.integers(0, 19)) == 0:
        return draw(anything)
    route = presses[draw(st.sampled_from(sorted(presses)))]
    things = play.world.things[draw(st.sampled_from(Id))]
    filled: dict[str, Any] = dict(inputs(route, things))
    if "word" in filled:
        filled["word"] = draw(st.sampled_from(sorted(commands)) | nasty)
    for name in draw(st.sets(st.sampled_from(sorted(filled)), max_size=4)):
        filled[name] = draw(anything)
    for name in draw(st.sets(st.sampled_from(sorted(filled)), max_size=2)):
        del filled[name]
    return filled | draw(st.dictionaries(nasty, anything, max_size=2))


@st.composite
def a_line(draw: st.DrawFn, play: Play) -> str:
    """A line of text: often a known word with something after it."""
    word = draw(st.sampled_from([*sorted(commands), ""]) | nasty)
    codes = [things.code for things in play.world.things.values()]
    rest = draw(st.lists(st.sampled_from(codes) | nasty, max_size=3))
    return " ".join([word, *rest])


@st.composite
def a_message(draw: st.DrawFn, play: Play) -> dict[str, Any]:
    """A message as Webex shows it, with the mention anywhere in its text and HTML."""
    line = draw(a_line(play))
    mine = draw(st.sampled_from([play.world.bot_id, "somebody-else", ""]))
    mention = f'<spark-mention data-object-type="person" data-object-id="{mine}">Bot'
    parts = [mention, draw(st.sampled_from(["</spark-mention>", "", "</p>", "<br>"])), line]
    message = {"text": line}
    if draw(st.booleans()):
        message["html"] = " ".join(draw(st.permutations(parts)))
    return message


@st.composite
def a_body(draw: st.DrawFn, play: Play) -> bytes:
    """A webhook's body: an envelope with parts that are wrong, or other JSON, or any bytes."""
    kind = draw(st.integers(0, 6))
    if kind == 0:
        return draw(st.binary(max_size=200))
    if kind == 1:
        depth = draw(st.sampled_from([10, 1_000, 1_100, 20_000]))
        return b'{"data":' + b"[" * depth + b"]" * depth + b"}"
    if kind == 2:
        return json.dumps(draw(anything)).encode()
    return json.dumps(draw(_envelope(play))).encode()


@st.composite
def _envelope(draw: st.DrawFn, play: Play) -> dict[str, Any]:
    rooms = [*play.world.rooms.values(), "a-room"]
    people = [who.webex_id for who in play.world.people.values()]
    data: dict[str, Any] = {
        "id": draw(nasty | st.just("an-id")),
        "personId": draw(st.sampled_from(people)),
        "roomId": draw(st.sampled_from(rooms)),
        "personEmail": draw(nasty),
        "personDisplayName": draw(nasty),
        "roomType": draw(st.sampled_from(["direct", "group"])),
        "created": draw(st.just("2026-12-17T09:00:00.000Z") | nasty),
    }
    resources = ["messages", "attachmentActions", "memberships", "rooms"]
    envelope: dict[str, Any] = {
        "resource": draw(st.sampled_from(resources) | nasty),
        "event": draw(st.sampled_from(["created", "updated", "deleted", "migrated"]) | nasty),
        "data": data,
        "actorId": draw(st.sampled_from(people)),
    }
    for name in draw(st.sets(st.sampled_from(sorted(data)), max_size=2)):
        data[name] = draw(anything)
    for name in draw(st.sets(st.sampled_from(sorted(envelope)), max_size=1)):
        envelope[name] = draw(anything)
    return envelope


# ------------------------------------------------------------------ attempts

Try = Callable[[st.DataObject], None]


def any_body(play: Play) -> Try:
    """A signed body is stored once, or malformed; what is stored can be handled."""
    client = create_app(play.context).test_client()
    secret = identity.secret(play.context.settings, play.database)

    def post(body: bytes) -> int:
        signature = hmac.new(secret, body, hashlib.sha1).hexdigest()
        headers = {"X-Spark-Signature": signature}
        return client.post("/webhook", data=body, headers=headers).status_code

    def attempt(data: st.DataObject) -> None:
        body = data.draw(a_body(play))
        with play.swept():
            before = play.events()
            status = post(body)
            stored = play.events() - before
            assert status in (200, 400), f"{status}: {body[:300]!r}"
            assert stored in ((0, 1) if status == 200 else (0,))
            if stored:
                assert play.goes_on().error is None
                assert (post(body), play.events()) == (200, before + 1), "stored twice"

    return attempt


def any_input(play: Play) -> Try:
    """A form is read or `Invalid`, and nothing else."""

    def attempt(data: st.DataObject) -> None:
        form = presses[data.draw(st.sampled_from(sorted(presses)))].form
        try:
            read = form.parse(data.draw(a_press(play) | anything))
        except Invalid as problem:
            read = problem
        assert isinstance(read, form) or read.messages

    return attempt


def any_press(play: Play) -> Try:
    """A press is answered, and one that is refused or invalid writes nothing.

    One to one its answer takes the place of the pressed card, which leaves its slot.
    """

    def attempt(data: st.DataObject) -> None:
        who, place = play.world.people[data.draw(names)], data.draw(places)
        outcome = play.presses(who, place, data.draw(a_press(play)))
        _check(play, who, outcome, gone={"slot"} if place is Place.ALONE else frozenset())

    return attempt


def any_line(play: Play) -> Try:
    """A message is answered, and one that is refused or invalid writes nothing."""

    def attempt(data: st.DataObject) -> None:
        who, place = play.world.people[data.draw(names)], data.draw(places)
        _check(play, who, play.says(who, place, **data.draw(a_message(play))))

    return attempt


def any_mention(play: Play) -> Try:
    """Whatever was written is understood as a command or as none."""
    me = Identity(play.world.bot_id, "Trialbot", (), "")

    def attempt(data: st.DataObject) -> None:
        message = data.draw(a_message(play))
        for room in ("direct", "group"):
            heard = understand(said({**message, "roomType": room}, me))
            assert heard.command is None or heard.command.word in commands

    return attempt


ATTEMPTS: Mapping[Callable[[Play], Try], int] = {
    any_body: 100,
    any_input: 300,
    any_press: 250,
    any_line: 150,
    any_mention: 200,
}
"""Each attempt, and how many examples `make test` tries of it."""


def tried(play: Play, attempt: Callable[[Play], Try], examples: int) -> None:
    """Try so many examples; the first failing one is shrunk and raised."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    as_many = settings(max_examples=examples, deadline=None, suppress_health_check=slow)
    as_many(given(st.data())(attempt(play)))()


def _check(
    play: Play, who: Somebody, outcome: Outcome, *, gone: Collection[str] = frozenset()
) -> None:
    """Check an outcome; `gone`: the tables that even a refusal may change."""
    if outcome.error is not None:
        raise AssertionError("an event was set aside as a bug") from outcome.error
    assert outcome.settled in ("done", "refused", "invalid")
    if outcome.settled != "done":
        assert not outcome.changed.keys() - gone
    if who.name not in _CUSTOMERS:
        assert not list(strangers_rows(play.world, who, outcome))


_CUSTOMERS = ("clara", "lena")
"""Who may change one trial of a partner: decide on it, and stop its notices."""
