"""Consent: the customer's cards in private chats, their answers, and the partner's consent card."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.conversation.routes import Undelivered, command, on, refused, undelivered
from bot.conversation.turn import Turn
from bot.features import by_mail
from bot.features.shared import trial
from cards.features.consent import (
    AcceptTrial,
    DeclineTrial,
    OtherAddress,
    RecordConsent,
    ResendConsent,
    consent_card,
    consent_desk,
    unreachable_card,
)
from cards.kit.forms import Invalid
from cards.kit.kit import Card
from cards.kit.refusals import refusal
from cards.kit.rules import with_role
from cards.kit.words import N_, Words, escape
from store.features import consent
from store.features.consent import (
    CONSENT_DECIDED,
    CONSENT_LAPSED,
    CONSENT_WITHDRAWN,
    RESEND,
    Asked,
    Decision,
)
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.refusals import Refused
from store.say import Say, To
from store.tables import Consent, Person, Trial, id_of
from store.terms import Answer

# ------------------------------------------------------------------ the customer's cards


def requests(
    turn: Turn, asked: Trial, cards: Iterable[Consent], rooms: Mapping[str, str] = {}
) -> list[Say]:
    """Build the request to each person who is asked: in a private chat and, if set up, by e-mail.

    `rooms`: the chats of those who are asked again, by address.
    """
    cards = list(cards)
    in_webex = [
        _to_customer(turn, asked, card, room_id=rooms.get(card.email, "")) for card in cards
    ]
    return [*in_webex, *by_mail.requests(turn, asked, cards)]


def answered_elsewhere(turn: Turn, decision: Decision) -> list[Say]:
    """Update every card of a request that was decided by its e-mail's link."""
    return _closed(turn, decision.trial, [decision.consent, *decision.others])


def closed(turn: Turn, decided: Trial) -> list[Say]:
    """Update the cards that no longer need an answer, saying why."""
    cards = consent.consents(turn.session, id_of(decided))
    over = (Answer.DECIDED_BY_OTHER, Answer.WITHDRAWN, Answer.LAPSED)
    return _closed(turn, decided, [card for card in cards if card.answer in over])


def _closed(turn: Turn, about: Trial, cards: Iterable[Consent]) -> list[Say]:
    """Update only the cards that were delivered.

    Nobody should hear of a request for the first time when it is over.
    """
    arrived = consent.delivered(turn.session, cards)
    return [_to_customer(turn, about, card, replace=True) for card in arrived]


def _to_customer(
    turn: Turn, about: Trial, card: Consent, *, replace: bool = False, room_id: str = ""
) -> Say:
    shown = _card(turn, about, card)
    to = To.room(room_id) if room_id else consent.destination(turn.session, card)
    slot, about_id = consent.place(card), id_of(about)
    return Say(to, shown.text, shown.content, slot=slot, replace=replace, trial_id=about_id)


def _card(turn: Turn, about: Trial, card: Consent, said: str = "") -> Card:
    return consent_card(
        card,
        about,
        words=Words(about.customer.language),
        today=today_in(about.space, turn.now),
        asker=turn.session.get(Person, card.asked_by) if card.asked_by else None,
        decided_by=turn.session.get(Person, card.decided_by) if card.decided_by else None,
        said=said,
    )


def _once_more(turn: Turn, problem: Invalid) -> Sequence[Say]:
    card = _addressed(turn, int(problem.values["consent"]))
    return [_in_place(turn, turn.session.get_one(Trial, card.trial_id), card)]


@on(AcceptTrial, ask_again=_once_more)
def accept(turn: Turn, form: AcceptTrial) -> Sequence[Say]:
    """Accept the trial for the customer, as one of its full administrators."""
    return _decide(turn, form.consent, accept=True, full_access=form.full_access)


@on(DeclineTrial)
def decline(turn: Turn, form: DeclineTrial) -> Sequence[Say]:
    """Decline the trial for the customer, as one of its full administrators.

    This ends the trial.
    """
    return _decide(turn, form.consent, accept=False, full_access=False)


def _decide(turn: Turn, consent_id: int, *, accept: bool, full_access: bool) -> Sequence[Say]:
    decision = consent.decide(
        turn.session,
        consent_id,
        turn.act(),
        room_id=turn.room_id,
        direct=turn.direct,
        accept=accept,
        full_access=full_access,
    )
    decided = decision.trial
    words = Words(decided.space.language)
    said = words(_DECIDED[accept, full_access], person=words.name(turn.by))
    return [
        _in_place(turn, decided, decision.consent),
        *_closed(turn, decided, decision.others),
        trial.news(turn, decided, said),
    ]


_DECIDED = {
    (True, True): N_("{person} accepted on the Webex card and gave you full administrator access."),
    (True, False): N_(
        "{person} accepted on the Webex card without giving you full administrator access."
    ),
    (False, False): N_("{person} declined the trial on the Webex card."),
}
"""What the partner hears, by: accepted, gave full access."""


@refused(CONSENT_DECIDED, CONSENT_WITHDRAWN, CONSENT_LAPSED)
def too_late(turn: Turn, no: Refused) -> Sequence[Say]:
    """Show the current state of the request to the person who was asked."""
    return current(turn, no)


def current(turn: Turn, no: Refused) -> Sequence[Say]:
    """Replace the pressed card with the current one, saying why it can't be answered.

    The refusal `no` carries the `consent_id`.
    """
    consent_id = no.facts["consent_id"]
    assert isinstance(consent_id, int)
    card = _addressed(turn, consent_id)
    about = turn.session.get_one(Trial, card.trial_id)
    said = refusal(Words(about.customer.language), no, about.space.time_zone)
    return [_in_place(turn, about, card, said)]


def _addressed(turn: Turn, consent_id: int) -> Consent:
    room_id, direct = turn.room_id, turn.direct
    return consent.addressed(turn.session, consent_id, turn.by, room_id=room_id, direct=direct)


def _in_place(turn: Turn, about: Trial, card: Consent, said: str = "") -> Say:
    shown = _card(turn, about, card, said)
    return turn.answer(shown.text, shown.content, slot=consent.place(card), trial_id=id_of(about))


@undelivered("consent")
def unreachable(turn: Turn, letter: Undelivered) -> Sequence[Say]:
    """Tell the space once that an address can't be reached, and offer to ask another.

    Several within a few minutes become one message.
    """
    card = consent.unreachable(turn.session, int(letter.slot.rpartition("/")[2]))
    if card is None:
        return []
    about = turn.session.get_one(Trial, card.trial_id)
    together = consent.unreachable_with(turn.session, about, card) or [(about, [card])]
    mailed = turn.links is not None
    shown = unreachable_card(together, words=turn.words, today=turn.today, by_mail=mailed)
    start, _ = consent.asked_about(card)
    slot = f"space/{about.space_id}/unreachable/{start:%Y%m%dT%H%M}"
    said = turn.answer(shown.text, shown.content, slot=slot, replace=True)
    return [replace(said, trial_id=letter.trial_id if len(together) == 1 else None)]


# ------------------------------------------------------------------ the partner's consent card


@command(
    "resend",
    rule=with_role(RESEND),
    takes="X",
    help=N_("Resend the consent request, send it to another address, or record the answer."),
)
def resend(turn: Turn) -> Sequence[Say]:
    """Show who was asked and what can be done about it."""
    return trial.meant(turn, "resend", _desk, RESEND)


def _desk(turn: Turn, view: View, problem: Invalid | None = None, said: str = "") -> Sequence[Say]:
    about = view.trial
    card = consent_desk(
        about,
        consent.consents(turn.session, id_of(about)),
        words=turn.words,
        today=today_in(about.space, turn.now),
        said=said,
        problem=problem,
    )
    return [trial.in_place(turn, about, card)]


@on(ResendConsent)
def ask_again(turn: Turn, form: ResendConsent) -> Sequence[Say]:
    """Ask the same people again."""
    asked = consent.resend(turn.session, form.trial, turn.act(form.version))
    return _asked(turn, asked)


@on(OtherAddress, ask_again=trial.once_more(_desk))
def ask_elsewhere(turn: Turn, form: OtherAddress) -> Sequence[Say]:
    """Ask a different address instead of one already asked."""
    asked = consent.readdress(
        turn.session,
        form.trial,
        turn.act(form.version),
        old=form.old,
        new=form.new,
        full_administrator=form.full_administrator,
    )
    return _asked(turn, asked)


def _asked(turn: Turn, asked: Asked) -> Sequence[Say]:
    to = turn.words.join([escape(card.email) for card in asked.consents])
    said = turn.words("The request is on its way to {to}.", to=to)
    return [
        *_desk(turn, trial.seen(turn, asked.trial), said=said),
        *_closed(turn, asked.trial, asked.replaced),
        *requests(turn, asked.trial, asked.consents, asked.rooms),
    ]


@on(RecordConsent, ask_again=trial.once_more(_desk))
def record(turn: Turn, form: RecordConsent) -> Sequence[Say]:
    """Record what the customer decided in Control Hub."""
    accepted = form.accepted == "yes"
    decided = consent.record(
        turn.session,
        form.trial,
        turn.act(form.version),
        accepted=accepted,
        day=form.day,
        full_access=form.full_access,
    )
    said = _RECORDED[accepted]
    return trial.done(
        turn, decided, lambda words: words(said, day=form.day), *closed(turn, decided)
    )


_RECORDED = {
    True: N_("The customer accepted in Control Hub on {day}."),
    False: N_("The customer declined in Control Hub on {day}."),
}
