"""Messages to a customer's administrator in a private chat, and the answers: buy, or stop."""

from collections.abc import Sequence

from bot.conversation.routes import Undelivered, on, remind, undelivered
from bot.conversation.turn import Turn
from bot.conversation.unreachable import is_told
from bot.features import by_mail
from bot.features.shared import trial
from bot.observe import log
from cards.features.customer_notices import (
    CUSTOMER_NOTICES,
    StopNotices,
    WantToBuy,
    customer_notice,
    missing_fact,
    stopped,
    thanks_for_interest,
)
from cards.kit.words import Words
from store.features import assign, convert, customer_notices
from store.features.shared.administrators import administrator
from store.rules.plan import slot_of
from store.rules.reminder_kinds import ReminderKind, Topic
from store.rules.statuses import status
from store.say import Say, To
from store.tables import Person, Reminder, Trial, id_of
from store.terms import Status

_SLOT = "customer"


@remind(*CUSTOMER_NOTICES)
def tell_customer(turn: Turn, about: Trial, reminder: Reminder) -> Sequence[Say]:
    """Send the message, naming the partner and the person to ask there."""
    kind, running = (
        ReminderKind.of(reminder.kind),
        status(about, turn.today) in (Status.ACTIVE, Status.GRACE),
    )
    if kind.topic is Topic.SERVICE and not running:
        return []
    address = about.customer.administrator
    known = administrator(turn.session, about.customer)
    carers = assign.assigned(turn.session, about, turn.today)
    shipment = next((row for row in about.shipments if row.id == reminder.shipment_id), None)
    words = _words(about, known)
    if fact := missing_fact(kind, about, words, shipment):
        log.error("missing fact", kind=kind, trial=about.code, fact=fact)
    card = customer_notice(
        kind,
        about,
        words,
        contact=next(iter(carers), None),
        shipment=shipment,
    )
    to = To.person(known) if known else To.email(address)
    slot = slot_of(id_of(about), kind, reminder.key)
    if turn.links is not None and is_told(turn.session, id_of(about), to.address):
        customer_notices.unreachable(turn.session, id_of(about), now=turn.now)
        return _by_mail(turn, about, card.text, slot)
    return [Say(to, card.text, card.content, slot=slot, trial_id=id_of(about))]


@on(WantToBuy)
def want_to_buy(turn: Turn, form: WantToBuy) -> Sequence[Say]:
    """Record the interest, thank the customer, and tell the partner's space if it is new."""
    wanted, is_new = convert.want_to_buy(turn.session, form.trial, turn.act(), room_id=turn.room_id)
    card = thanks_for_interest(wanted, _words(wanted, turn.by))
    thanks = turn.answer(card.text, card.content)
    if not is_new:
        return [thanks]
    there = Words(wanted.space.language)
    said = there(
        "{person} of {company} asked to buy.",
        person=turn.words.name(turn.by),
        company=wanted.customer.company,
    )
    return [thanks, *trial.tell_space(turn, wanted, said)]


@on(StopNotices)
def stop(turn: Turn, form: StopNotices) -> Sequence[Say]:
    """Stop these messages."""
    silent = customer_notices.stop(turn.session, form.trial, turn.act(), room_id=turn.room_id)
    card = stopped(silent, _words(silent, turn.by))
    return [turn.answer(card.text, card.content)]


@undelivered(_SLOT)
def cannot_reach(turn: Turn, letter: Undelivered) -> Sequence[Say]:
    """Send the notice by e-mail instead, if e-mail is set up.

    The trial's card shows it from now on; the space hears of it with its next reminders.
    """
    customer_notices.unreachable(turn.session, letter.trial_id or 0, now=turn.now)
    about = turn.session.get_one(Trial, letter.trial_id)
    return _by_mail(turn, about, letter.text, letter.slot)


def _by_mail(turn: Turn, about: Trial, text: str, slot: str) -> Sequence[Say]:
    if turn.links is None:
        return []
    if customer_notices.mail_instead(turn.session, id_of(about), now=turn.now) is None:
        return []
    known = administrator(turn.session, about.customer)
    return by_mail.notice(turn, about, text, _words(about, known), slot)


def _words(about: Trial, person: Person | None) -> Words:
    """Return the wording in the person's own language, else in the customer's."""
    return Words((person.language if person else "") or about.customer.language)
