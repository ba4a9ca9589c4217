"""What goes to a customer by e-mail, and what follows from the links in it."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session

from bot.conversation.routes import Undelivered, still_wanted, undelivered
from bot.conversation.turn import Turn
from bot.features.shared import trial
from cards.features.by_mail import (
    BOUNCED,
    DECIDED_BY_LINK,
    Letter,
    consent_letter,
    notice_letter,
)
from cards.kit.words import Words
from store.features import consent, customer_notices
from store.features.consent import Decision
from store.say import Mail, Say, To
from store.tables import Consent, Person, Trial, id_of
from store.terms import Access, Answer

SLOT = "mail"
CONSENT, NOTICE = f"{SLOT}/consent/", f"{SLOT}/notice/"


def requests(turn: Turn, asked: Trial, cards: Iterable[Consent]) -> list[Say]:
    """Build the e-mail to each address that is asked for consent; none without a mail server."""
    if turn.links is None:
        return []
    words = Words(asked.customer.language)
    says = []
    for card in cards:
        asker = turn.session.get(Person, card.asked_by) if card.asked_by else None
        link = turn.links.consent(card)
        letter = consent_letter(card, asked, words=words, asker=asker, link=link)
        says.append(_mail(asked, card.email, letter, f"{CONSENT}{asked.id}"))
    return says


def notice(turn: Turn, about: Trial, text: str, words: Words, slot: str) -> list[Say]:
    """Build the e-mail of a notice to the customer; none without a mail server.

    `text`, `slot`: the notice as it is said in Webex.
    """
    if turn.links is None:
        return []
    unsubscribe = turn.links.unsubscribe(about)
    letter = notice_letter(about, text, words=words, unsubscribe=unsubscribe)
    address = about.customer.administrator
    return [_mail(about, address, letter, f"{NOTICE}{slot}", unsubscribe)]


def _mail(about: Trial, address: str, letter: Letter, slot: str, unsubscribe: str = "") -> Say:
    mail = Mail(letter.subject, letter.html, unsubscribe)
    return Say(To.mail(address), letter.text, slot=slot, trial_id=id_of(about), mail=mail)


@still_wanted(CONSENT)
def is_still_asked(session: Session, about: Trial, address: str) -> bool:
    """Whether this address is still asked for consent."""
    cards = consent.consents(session, id_of(about))
    return any(card.email == address and card.answer == Answer.ASKED for card in cards)


@still_wanted(NOTICE)
def has_notices(session: Session, about: Trial, address: str) -> bool:
    """Whether this address still gets the customer's notices."""
    return about.customer_notices and about.customer.administrator == address


@undelivered(SLOT)
def bounced(turn: Turn, letter: Undelivered) -> Sequence[Say]:
    """Tell the partner that a mail server refused an address."""
    about = turn.session.get_one(Trial, letter.trial_id)
    address = letter.address.partition(":")[2]
    if letter.slot.startswith(NOTICE):
        customer_notices.mail_refused(turn.session, id_of(about), address, now=turn.now)
    return [trial.news(turn, about, turn.words(BOUNCED, address=address, why=letter.why))]


def told(turn: Turn, decision: Decision) -> Say:
    """Tell the trial's space what was decided through an e-mail's link."""
    about, card = decision.trial, decision.consent
    accepted = card.answer == Answer.ACCEPTED
    given = accepted and about.access == Access.FULL
    words = Words(about.space.language)
    who = turn.person
    person = words.name(who) if who else card.email
    return trial.news(turn, about, words(DECIDED_BY_LINK[accepted, given], person=person))
