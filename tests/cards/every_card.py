"""Every card of this package in every state, for the checks that cover all cards."""

from collections.abc import Callable, Iterator
from datetime import date
from importlib import import_module
from inspect import Parameter, isfunction, signature
from pkgutil import walk_packages
from typing import Any

import bot.features
import cards.features
from bot.conversation.routes import commands
from cards.features.assign import assign_card
from cards.features.cancel import cancel_card
from cards.features.consent import consent_card, consent_desk, unreachable_card
from cards.features.convert import convert_card
from cards.features.customer_notices import (
    CUSTOMER_NOTICES,
    customer_notice,
    stopped,
    thanks_for_interest,
)
from cards.features.device_extension import extension_card, letter_card
from cards.features.devices import add_card, details_card, devices_card
from cards.features.digest import digest_card
from cards.features.extend import extend_card
from cards.features.handover import handover_card
from cards.features.history import history_card
from cards.features.home import HelpLine, hello_card, help_card, home_card, stranger_card
from cards.features.import_rows import NO_DATE
from cards.features.import_trials import Named, Preview, import_card, questions_card
from cards.features.lists import list_card
from cards.features.mails import Mail, mail_card
from cards.features.reminders import Row, morning, notice
from cards.features.returns import pickup_card, return_card
from cards.features.roles import left_card, new_account_card, roles_card
from cards.features.serials import serials_card
from cards.features.settings import language_card, settings_card
from cards.features.setup import linked_card, setup_card
from cards.features.shared.trial import trial_card
from cards.features.shared.which import which_card
from cards.features.start import copy_card, open_draft_card, start_card, where_card
from cards.features.start_forms import FormStep
from cards.kit.kit import Card
from cards.kit.reminding import notices
from cards.kit.words import Message, Words
from store.features.convert import CONVERSION
from store.features.device_extension import Wish
from store.features.digest import Week
from store.features.roles import FormerRole
from store.history import HistoryKind
from store.refusals import Refused
from store.rules.eligibility import SERVICE_TAKEN
from store.rules.hub import CHECKLIST, HubChange
from store.tables import Consent, Draft, History, Trial
from store.terms import Answer, DeviceType, Filter, Kind, Role, Service
from tests.cards.make import (
    NOW,
    STATES,
    TODAY,
    a_partner,
    a_person,
    a_shipment,
    a_space,
    a_task,
    a_trial,
)

#: As long as the fields allow, and hostile.
LONG = "<@all> [x](https://evil.example) **Ж**" + "ж" * 14
HOSTILE = {"company": LONG[:50], "administrator": f"{'a' * 60}@{'b' * 60}.example"}

DRAFT = {
    "kind": "existing",
    "company": LONG[:50],
    "administrator": "clara.bauer@meadow.example",
    "country": "DE",
    "vertical": "other",
    "vertical_note": "bees",
    "language": "bg",
    "services": ["messaging", "meetings", "calling", "devices"],
    "meetings_options": ["enterprise", "large"],
    "licences": 2000,
    "device_licences": 5,
    "duration": 30,
    "first_day": "2026-12-01",
    "site": "meadow.webex.com",
    "site_time_zone": "Europe/Berlin",
    "customer_notices": True,
    "to_ship": {"phone": {"models": {"8865": 2}, "country": "DE"}},
}


def every_card(words: Words) -> Iterator[tuple[str, Card]]:
    """Yield every card with a descriptive name."""
    for state, changes in STATES.items():
        for who in ({}, HOSTILE):
            trial = a_trial(**changes, customer=who)
            yield from _of_a_trial(f"{state}{' hostile' if who else ''}", trial, words)
    yield from _consent(words)
    yield from _start(words)
    yield from _notices(words)
    yield from _people(words)
    yield from _devices(words)
    yield from _finding(words)


def _of_a_trial(state: str, trial: Trial, words: Words) -> Iterator[tuple[str, Card]]:
    ask: dict[str, Any] = {"words": words, "today": TODAY}
    for role in (*Role, None):
        for own in (True, False):
            card = trial_card(trial, role=role, own=own, actors=[a_person()], said="Saved.", **ask)
            yield f"trial, {state}, {role}, {own}", card
    for name, make in plain_cards().items():
        yield f"{name}, {state}", make(trial, **ask)
    yield f"cancel refused, {state}", cancel_card(trial, said="No: <@all>", **ask)
    roles = [(a_person(), Role.FULL), (a_person("Tom Okafor", id=2), Role.ADMIN)]
    yield (
        f"assign, {state}",
        assign_card(trial, roles, [a_person("Tom Okafor", id=2)], **ask),
    )
    if trial.ends:
        for day in (TODAY, date(2027, 1, 20)):
            yield f"extend, {state}, {day}", extend_card(trial, words=words, today=day)


def plain_cards() -> dict[str, Callable[..., Card]]:
    """Those that need no more than a trial, a new feature's, too; extending needs its end."""
    plain = {name: make for name, make in card_makers().items() if _needs(make) == PLAIN}
    return {name: make for name, make in plain.items() if make is not extend_card}


def card_makers() -> dict[str, Callable[..., Card]]:
    """Every function of a feature that makes a card, by its name."""
    rooms = walk_packages(cards.features.__path__, "cards.features.")
    return {
        name: make
        for room in rooms
        for name, make in vars(import_module(room.name)).items()
        if isfunction(make) and not name.startswith("_") and make.__module__ == room.name
        if signature(make).return_annotation is Card
    }


PLAIN = {"trial", "words", "today"}


def _needs(make: Callable[..., Card]) -> set[str]:
    given = signature(make).parameters.values()
    return {each.name for each in given if each.default is Parameter.empty}


def _consent(words: Words) -> Iterator[tuple[str, Card]]:
    trial = a_trial(**STATES["asked"], customer=HOSTILE)
    cards = [a_consent(answer=answer, full_administrator=f) for answer in Answer for f in (0, 1)]
    for row in cards:
        for decided_by in (None, a_person("Samir Nair")):
            card = consent_card(
                row, trial, words=words, today=TODAY, asker=a_person(), decided_by=decided_by
            )
            yield f"consent, {row.answer}, {row.full_administrator}, {decided_by}", card
    yield "desk", consent_desk(trial, cards, words=words, today=TODAY, said="Not yet.")
    yield "desk, nobody asked", consent_desk(trial, [], words=words, today=TODAY)
    yield "unreachable", unreachable_card([(trial, cards[:1])], words=words, today=TODAY)
    several = [
        (a_trial(**STATES["asked"], id=n, code=f"T-{n}", customer=HOSTILE), cards[:2])
        for n in range(40)
    ]
    yield "unreachable, several", unreachable_card(several, words=words, today=TODAY)


def a_consent(**changes: Any) -> Consent:
    """A consent request that was sent."""
    about = {"id": 3, "trial_id": 17, "email": "clara.bauer@meadow.example", "asked_at": NOW}
    return Consent(**about | {"full_administrator": True} | changes)


def a_draft(step: str, **values: Any) -> Draft:
    """A draft at one step of the form."""
    about = {"id": 4, "person_id": 1, "partner_id": 1, "space_id": 1, "updated_at": NOW}
    return Draft(**about, step=step, values=DRAFT | values)


def _start(words: Words) -> Iterator[tuple[str, Card]]:
    for kind in Kind:
        for step in FormStep:
            draft = a_draft(step, kind=kind.value)
            yield f"start, {kind}, {step}", start_card(draft, a_partner(), words=words, today=TODAY)
    empty = Draft(id=4, person_id=1, partner_id=1, space_id=1, updated_at=NOW)
    yield "start, empty", start_card(empty, a_partner(), words=words, today=TODAY, said="No.")
    yield "start, open", open_draft_card(a_draft("site"), a_space(), words=words)
    yield "start, copy", copy_card(a_draft("site"), a_person(), own=True, words=words)
    yield "start, where", where_card([(a_space(), a_partner())], words=words)


def _notices(words: Words) -> Iterator[tuple[str, Card]]:
    shipment = a_shipment(serials=tuple(f"FOC{n:08}" for n in range(100)))
    tasks = tuple(a_task(kind) for kind in HubChange.all() if not kind.leads)
    trial = a_trial(
        **{**STATES["grace"], "customer": HOSTILE, "tasks": tasks},
        shipments=(shipment,),
    )
    who = [a_person(f"Person {n}") for n in range(5)]
    for kind in notices:
        card = notice(kind, trial, words, TODAY, TODAY, shipment=shipment, mentions=who)
        yield f"notice, {kind}", card
    for kind in CUSTOMER_NOTICES:
        for contact in (None, a_person()):
            yield (
                f"customer, {kind}, {contact}",
                customer_notice(kind, trial, words, contact=contact, shipment=shipment),
            )
    rows = [Row(kind, trial, TODAY, shipment) for kind in notices]
    about: dict[str, Any] = {**STATES["grace"], "customer": HOSTILE, "tasks": tasks}
    many_rows = [
        Row(kind, a_trial(**about, id=n, code=f"T-{n}", shipments=(shipment,)), TODAY, shipment)
        for n, kind in enumerate([*notices] * 3)
    ]
    yield "morning", morning(many_rows[:3], words, TODAY, mentions=who)
    yield "morning, one trial", morning(rows[:6], words, TODAY, mentions=who)
    yield "morning, what is left", morning(many_rows[:2], words, TODAY, since=TODAY)
    yield "morning, far too much", morning(many_rows, words, TODAY, mentions=who)
    yield "thanks", thanks_for_interest(trial, words)
    yield "stopped", stopped(trial, words)
    usual = {**STATES["grace"], "customer": HOSTILE, "tasks": (a_task(),)}
    many = [a_trial(**usual, shipments=(shipment,))] * 60
    yield "digest", digest_card(Week(many, many, many), words=words, today=TODAY)
    yield "morning and week", morning(many_rows[:9], words, TODAY, week=Week(many, many, many))
    yield "digest, one", digest_card(Week([a_trial()], [], []), words=words, today=TODAY)


def _people(words: Words) -> Iterator[tuple[str, Card]]:
    people = [a_person(f"Person {n}", id=n, webex_id=None) for n in range(30)]
    roles = [(person, Role.ADMIN) for person in people]
    for may_change in (True, False):
        yield (
            f"roles, {may_change}",
            roles_card(a_partner(), roles, words=words, may_change=may_change),
        )
    person = a_person(LONG, id=31, webex_id="p31")
    left = FormerRole(a_partner(), a_person("Person 32", id=32), Role.FULL, person.email)
    yield "new account", new_account_card(left, person, words=words)
    for by in ("", LONG):
        about = (person, Role.ADMIN, a_space(), a_partner())
        yield f"left, {by}", left_card(*about, words=words, by=by)
    yield "handover", handover_card(a_partner(), roles, words=words)
    yield from _importing(words)
    for space in (a_space(), None):
        yield f"settings, {space}", settings_card(a_partner(), space, words=words)
    yield "language", language_card("en", words=words)
    ticked = a_task(
        CONVERSION,
        ticks={item.value: {"by": 1, "at": NOW.isoformat()} for item in CHECKLIST[1]},
        facts={"on_order": ["messaging"]},
    )
    trial = a_trial(tasks=(ticked,), shipments=(a_shipment(type=DeviceType.BOARD),))
    yield "convert, ticked", convert_card(trial, words=words, today=TODAY, names={1: "Nora"})


def _devices(words: Words) -> Iterator[tuple[str, Card]]:
    out = a_shipment(serials=tuple(f"FOC{n:08}" for n in range(50)))
    unknown = a_shipment(id=10, serials=(), type=DeviceType.ROOM, expires_on=None, country="")
    trial = a_trial(**{**STATES["with devices"], "shipments": (out, unknown)}, customer=HOSTILE)
    ask: dict[str, Any] = {"words": words, "today": TODAY}
    for may_change in (True, False):
        yield f"devices, {may_change}", devices_card(trial, may_change=may_change, **ask)
    yield "no devices", devices_card(a_trial(), may_change=True, **ask)
    yield "return", return_card(trial, **ask)
    yield "return, nothing", return_card(a_trial(), **ask)
    yield "shipment, new", add_card(trial, **ask)
    for shipment in (out, unknown):
        yield f"shipment, {shipment.id}", details_card(trial, shipment, **ask)
        yield f"serials, {shipment.id}", serials_card(trial, shipment, **ask)
        yield f"pick-up, {shipment.id}", pickup_card(trial, shipment, **ask)
        yield f"extension, {shipment.id}", extension_card(trial, shipment, **ask)
        yield f"letter, {shipment.id}", letter_card(trial, shipment, wish=Wish(TODAY), **ask)
        for mail in Mail:
            yield f"mail, {shipment.id}, {mail}", mail_card(trial, shipment, mail, **ask)


def _finding(words: Words) -> Iterator[tuple[str, Card]]:
    trials = [(a_trial(**changes, customer=HOSTILE), TODAY) for changes in STATES.values()]
    for which in Filter:
        page = list_card(which, trials[:10], words, after="x", first=False, shared=True)
        yield f"list, {which}", page
    yield "list, empty", list_card(Filter.MINE, [], words, after=None, first=True, shared=False)
    yield "which", which_card(trials, "show", words)
    partners = [(a_partner(), Role.FULL)]
    yield "home", home_card(partners, {which: 1000 for which in Filter}, words)
    yield "stranger", stranger_card(words)
    assert bot.features.__path__
    lines = [HelpLine(each.word, each.takes, each.help) for each in commands.values()]
    yield "help", help_card(lines, words)
    for linked in (True, False):
        yield f"hello, {linked}", hello_card(words, linked=linked)
    rows = [
        (History(id=n, trial_id=17, at=NOW, what=what, note=LONG), "Nora Lindqvist")
        for n, what in enumerate(HistoryKind.all())
    ]
    yield "history", history_card(trials[0][0], rows, words, TODAY)
    for space in (None, a_space()):
        card = setup_card([a_partner()], words, new=True, by=a_person(), space=space)
        yield f"setup, {space}", card
    yield "linked", linked_card(a_space(), a_partner(), [(a_person(), Role.FULL)] * 60, words)


def _importing(words: Words) -> Iterator[tuple[str, Card]]:
    brought = {"partner": 1, "upload": 2, "digest": "0123456789abcdef"}
    found = {
        "encoding": "cp1251",
        "separator": ";",
        "columns": {LONG[:60]: "Customer", "E-mail": "Administrator e-mail"},
        "ignored": [LONG[:60]] * 30,
        "missing": [],
    }
    flaw = Named(3, LONG[:50], "First day", Message(NO_DATE, {"typed": LONG[:60]}))
    taken = Named(4, LONG[:50], "", Refused(SERVICE_TAKEN, services=(Service.MESSAGING,)))
    asks = ("space", "order", "first_day", "duration", "services")
    spaces = [(str(n), LONG) for n in range(1, 20)]
    yield "questions", questions_card(Preview(LONG, found, brought, asks), spaces, words=words)
    for good, unfit in ((0, ()), (1, (flaw,)), (10_000, (flaw, taken) * 50)):
        preview = Preview(LONG, found, brought, (), LONG, good, good, unfit, notices=True)
        for page in (0, 1):
            yield f"import of {good}, page {page}", import_card(preview, words=words, page=page)
    lacking = Preview(LONG, {**found, "missing": ["Customer"]}, brought)
    yield "import without a column", import_card(lacking, words=words)
