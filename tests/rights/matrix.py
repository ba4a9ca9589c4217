"""The matrix: every press and word, by everybody, everywhere, with anybody's ids; its verdict.

A refused cell changes no row, posts one plain sentence where it was pressed, and says the same of
what isn't theirs as of what isn't there. An allowed one isn't refused by right or place.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import bot.features  # noqa: F401
from bot.conversation.routes import Press, commands
from cards.kit.refusals import sentences
from store.features.consent import (
    CONSENT_FROM_PARTNER,
    CONSENT_NOT_YOURS,
    NOT_FULL_ADMINISTRATOR,
)
from store.features.drafts import DRAFT_GONE
from store.features.setup import SETUP_NOT_ALLOWED, SPACE_TAKEN
from store.refusals import NOT_ALLOWED, NOT_FOUND, NOT_LINKED, NOTHING_FOR_YOU, OTHER_PARTNERS_SPACE
from tests.rights.events import Outcome, Play, Posted
from tests.rights.inputs import inputs, names_ids
from tests.rights.product import Expected, May, Rule, expected, sees
from tests.rights.world import Id, Place, Somebody, Things, World

OF_RIGHT_OR_PLACE = (
    *(NOTHING_FOR_YOU, NOT_ALLOWED, OTHER_PARTNERS_SPACE, NOT_LINKED, NOT_FOUND),
    *(CONSENT_NOT_YOURS, NOT_FULL_ADMINISTRATOR, CONSENT_FROM_PARTNER),
    *(DRAFT_GONE, SETUP_NOT_ALLOWED, SPACE_TAKEN),
)
READING = frozenset({May.LOOK, May.ANYBODY})

Does = Callable[[Play, Somebody, Place, Things], Outcome]


@dataclass(frozen=True)
class Deed:
    """A press or word of the matrix: its name, its rule by the product, and how it is done.

    `ids`: whose ids it is tried with. `chooses`: a thing of others isn't among its choices, so it
    comes back as a wrong choice.
    """

    name: str
    rule: Rule
    does: Does
    ids: Sequence[Id] = tuple(Id)
    chooses: bool = False


@dataclass(frozen=True)
class Cell:
    """One attempt."""

    deed: Deed
    who: Somebody
    place: Place
    things: Things

    @property
    def expected(self) -> Expected:
        return expected(self.who, self.deed.rule, self.place, self.things)


# ------------------------------------------------------------------ deeds


def pressing(press: Press, rule: Rule) -> Deed:
    """Press a form's button, filled in."""

    def does(play: Play, who: Somebody, place: Place, things: Things) -> Outcome:
        return play.presses(who, place, inputs(press, things))

    ids = tuple(Id) if names_ids(press.form) else (Id.TOMS,)
    return Deed(f"press {press.form.key}", rule, does, ids, chooses=press.choices is not None)


def typing(words: str, rule: Rule) -> Deed:
    """Type a line; X is a trial's code."""

    def does(play: Play, who: Somebody, place: Place, things: Things) -> Outcome:
        return play.says(who, place, words.replace("X", things.code))

    return Deed(f"type {words}", rule, does, _ids_of(words))


def by_button(words: str, rule: Rule) -> Deed:
    """Press a button that runs a line."""
    word = word_of(words)

    def does(play: Play, who: Somebody, place: Place, things: Things) -> Outcome:
        rest = words.removeprefix(word).strip().replace("X", things.code)
        return play.presses(who, place, {"form": "word", "word": word, "rest": rest, "beside": "0"})

    return Deed(f"button {words}", rule, does, _ids_of(words))


def privately(words: str, rule: Rule) -> Deed:
    """Press a button that runs a line one to one."""

    def does(play: Play, who: Somebody, place: Place, things: Things) -> Outcome:
        line = words.replace("X", things.code)
        return play.presses(who, place, {"form": "privately", "word": line})

    return Deed(f"privately {words}", rule, does, _ids_of(words))


def word_of(words: str) -> str:
    """The command that a line begins with."""
    return max((word for word in commands if f"{words} ".startswith(f"{word} ")), key=len)


def _ids_of(words: str) -> Sequence[Id]:
    return tuple(Id) if "X" in words else (Id.TOMS,)


# ------------------------------------------------------------------ the verdict


def faults_of_parts(play: Play, press: Press) -> list[str]:
    """What is wrong if one's own trial is pressed with others' parts: a shipment, a person."""
    world, found = play.world, []
    own, nora = world.things[Id.TOMS], world.people["nora"]
    for place in (Place.HARBOUR, Place.ALONE):
        whose = (Id.PETRAS, Id.MISSING)
        done = [play.presses(nora, place, inputs(press, own, world.things[id_])) for id_ in whose]
        theirs, nobodys = done
        found += [f"{place}: failed with {one.error!r}" for one in done if one.error]
        found += [f"{place}: {fault}" for fault in strangers_rows(world, nora, theirs)]
        if [each.everything for each in theirs.posted] != [e.everything for e in nobodys.posted]:
            found.append(f"{place}: others' and nobody's differ: {theirs.posted} {nobodys.posted}")
        if theirs.settled == "done":
            found.append(f"{place}: took a part of another partner's: {theirs.changed}")
    return found


def faults(
    play: Play, deed: Deed, who: Sequence[str] = (), places: Sequence[Place] = ()
) -> list[str]:
    """Everything that is wrong with a deed, by these people in these places (all of them)."""
    world, found = play.world, []
    for somebody in (world.people[name] for name in who or world.people):
        for place in places or tuple(Place):
            found += _faults_of(play, deed, somebody, place)
    return found


def _faults_of(play: Play, deed: Deed, who: Somebody, place: Place) -> Iterator[str]:
    about_nothing: dict[str, list[Id]] = {}
    for id_ in deed.ids:
        cell = Cell(deed, who, place, play.world.things[id_])
        outcome = deed.does(play, who, place, cell.things)
        for fault in _judged(play.world, cell, outcome):
            yield f"{deed.name} · {who.name} in {place}, {id_} ids: {fault}"
        if cell.expected is Expected.REFUSED and not sees(who, cell.things):
            answer = repr(outcome.posted).replace(cell.things.code, "X")
            about_nothing.setdefault(answer, []).append(id_)
    if len(about_nothing) > 1:
        said = "; ".join(f"{ids}: {answer[:300]}" for answer, ids in about_nothing.items())
        yield f"{deed.name} · {who.name} in {place}: others' and nobody's differ: {said}"


def _judged(world: World, cell: Cell, outcome: Outcome) -> Iterator[str]:
    if outcome.error is not None:
        yield f"failed with {outcome.error!r}"
        return
    yield from _shown(world, cell, outcome)
    if not sees(cell.who, cell.things):
        yield from strangers_rows(world, cell.who, outcome)
    match cell.expected:
        case Expected.SILENT:
            if outcome.posted or outcome.changed or outcome.settled != "ignored":
                yield f"wasn't ignored: {outcome}"
        case Expected.REFUSED:
            yield from _refused(world, cell, outcome)
        case Expected.OFFERED:
            yield from _one_new_message(world, cell, outcome)
        case Expected.ANSWERED:
            yield from _answered(cell, outcome)


def _refused(world: World, cell: Cell, outcome: Outcome) -> Iterator[str]:
    yield from _one_new_message(world, cell, outcome)
    if cell.deed.chooses and outcome.settled == "invalid":
        return
    if outcome.settled != "refused" or not all(_is_a_refusal(each) for each in outcome.posted):
        said = [each.text[:100] for each in outcome.posted]
        yield f"should be refused, but {outcome.settled}: {said}"


def _one_new_message(world: World, cell: Cell, outcome: Outcome) -> Iterator[str]:
    """Nothing changes, and one new message is posted where it was pressed; no card goes."""
    if outcome.changed:
        yield f"changed {outcome.changed}"
    room = f"room:{world.room(cell.place, cell.who)}"
    calls = [(each.call, each.address, each.slot) for each in outcome.posted]
    alone = cell.place is Place.ALONE
    if calls != [("post", room, None)] and not (alone and _in_place(calls, room)):
        yield f"should be one new message, but {calls}"


def _in_place(calls: Sequence[tuple[str, str, str | None]], room: str) -> bool:
    """Whether a card in one's own room is replaced: nobody else loses it."""
    return [call[1] for call in calls] == [room]


def _answered(cell: Cell, outcome: Outcome) -> Iterator[str]:
    refusals = [each.text for each in outcome.posted if _is_a_refusal(each)]
    if outcome.settled == "refused" and refusals:
        yield f"shouldn't be refused, but: {refusals}"
    if outcome.settled not in ("done", "refused", "invalid"):
        yield f"was {outcome.settled}"
    if cell.deed.rule.may in READING:
        yield from _only_read(cell, outcome)


def _only_read(cell: Cell, outcome: Outcome) -> Iterator[str]:
    """Reading changes nothing, nor the card in the space that others may want to press.

    One to one the answer may take the card's place, and so its slot.
    """
    alone = cell.place is Place.ALONE
    if changed := {table for table in outcome.changed if not (alone and table == "slot")}:
        yield f"reading changed {changed}: {outcome.changed}"
    calls = [each.call for each in outcome.posted]
    if not alone and set(calls) - {"post"}:
        yield f"reading in a space should only post, but {calls}"


def _shown(world: World, cell: Cell, outcome: Outcome) -> Iterator[str]:
    """No message shows words of a partner to somebody who isn't theirs."""
    for each in outcome.posted:
        readers = _readers(world, cell, each)
        for partner, words in world.secrets.items():
            hidden = [word for word in words if partner not in readers]
            said = each.everything.replace(cell.things.code, "")
            if shown := [word for word in hidden if word in said]:
                yield f"showed {shown} at {each.address}"


def _readers(world: World, cell: Cell, posted: Posted) -> set[str]:
    """The partners whose secrets may be shown at an address."""
    kind, _, value = posted.address.partition(":")
    if kind == "trial":
        return {world.trials[int(value)]}
    for place, partner in ((Place.HARBOUR, 0), (Place.SUMMIT, 1)):
        if value == world.rooms[place]:
            return {list(world.secrets)[partner]}
    theirs = [one for one in world.people.values() if value in _ways_to(one)]
    roles = {partner for one in theirs for partner in one.roles}
    if cell.deed.rule.may in (May.LINK, May.ASK_TO_LINK):
        return {*roles, *cell.who.roles}
    if cell.expected is Expected.ANSWERED and cell.deed.rule.may in (May.DECIDE, May.HEAR):
        return {*roles, cell.things.partner}
    return roles


def _ways_to(who: Somebody) -> tuple[str, ...]:
    return who.webex_id, who.direct_room, *who.emails


def strangers_rows(world: World, who: Somebody, outcome: Outcome) -> Iterator[str]:
    """The changed rows of partners at which somebody has no role."""
    for table, rows in outcome.changed_rows():
        for row in rows:
            partner = _partner_of(world, table, row)
            if partner and partner not in who.roles:
                yield f"changed {partner}'s {table}: {row}"


def _partner_of(world: World, table: str, row: Mapping[str, Any]) -> str | None:
    if table == "partner":
        return world.partners.get(row["id"])
    if row.get("trial_id"):
        return world.trials.get(row["trial_id"])
    return world.partners.get(row.get("partner_id") or 0)


def _is_a_refusal(posted: Posted) -> bool:
    return bool(_refusals().fullmatch(posted.text))


@cache
def _refusals() -> re.Pattern[str]:
    """Every sentence that refuses for a reason of right or place."""
    texts = [text for reason in OF_RIGHT_OR_PLACE for text in sentences[reason]]
    ways = [re.sub(r"\\\{\w+\\\}", ".+", re.escape(text)) for text in texts]
    return re.compile("|".join(ways), re.DOTALL)
