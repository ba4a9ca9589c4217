"""The page on which a customer's full administrator answers a consent request.

Looking decides nothing, whatever follows or renders the link: only a form that this page drew, sent
from it by the browser that got it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, request
from sqlmodel import Session

from bot.clock import queue_now
from bot.conversation.turn import Turn
from bot.mail.links import CONSENT, Links, Token, consent_mark
from bot.observe import log
from bot.web.pages import HEADERS, Page, answer, guarded, new_nonce, not_found
from cards.features.by_mail import (
    ACCEPT,
    ANSWER,
    DECLINE,
    FULL_ACCESS,
    Decided,
    consent_page,
    not_ours,
    too_late,
)
from cards.kit.refusals import refusal
from cards.kit.web_page import FORM_FIELD
from cards.kit.words import Words
from store.features import consent
from store.features.shared.trials import today_in
from store.queues import leases, outbox
from store.queues.leases import OUTBOX
from store.refusals import OLD_CARD, Refused
from store.tables import Consent, Person, Trial, id_of

COOKIE = "trialbot-form"


@dataclass(frozen=True, slots=True)
class Choice:
    """What was pressed on the page."""

    accept: bool
    full_access: bool


class ConsentPage(Page):
    """Shows a request, and takes its answer."""

    @guarded
    def show(self, path: str) -> Response:
        """Show a request; this changes nothing."""
        links = self.links()
        token = links.read(CONSENT, path) if links else None
        if links is None or token is None:
            return not_found()
        return self._shown(links, token)

    @guarded
    def take(self, path: str) -> Response:
        """Take the answer: 303 to the page that shows it; 403 if it isn't from our page."""
        links = self.links()
        token = links.read(CONSENT, path) if links else None
        if links is None or token is None:
            return not_found()
        choice = _choice(request.form)
        if choice is None or not _is_from_our_page(links, token):
            return self._shown(links, token, status=403)
        try:
            asked = self._decide(token, choice)
        except Refused as no:
            return self._shown(links, token, no, 409)
        if asked is None:
            return not_found()
        return Response(status=303, headers={**HEADERS, "Location": links.consent(asked)})

    def _decide(self, token: Token, choice: Choice) -> Consent | None:
        """Commit the decision, with what is said about it, in a transaction of its own."""
        from bot.features import by_mail
        from bot.features import consent as conversation

        now = self._context.calendar.now()
        with self._context.database.transaction() as session:
            asked = _asked(session, token)
            if asked is None:
                return None
            decision = consent.decide_by_link(
                session,
                id_of(asked),
                now=now,
                accept=choice.accept,
                full_access=choice.full_access,
            )
            turn = self._turn(session, decision)
            says = [
                *conversation.answered_elsewhere(turn, decision),
                by_mail.told(turn, decision),
            ]
            event = f"c{asked.id}"
            outbox.put(session, says, now=queue_now(), event=event)
            leases.wake(session.connection(), OUTBOX)
        self._context.wake.ring()
        log.info("decided by link", id=event)
        return asked

    def _turn(self, session: Session, decision: consent.Decision) -> Turn:
        """A turn outside of any room: nobody is answered in Webex."""
        trial, by = decision.trial, decision.consent.decided_by
        now = self._context.calendar.now()
        person = session.get(Person, by) if by else None
        words = Words(trial.space.language)
        return Turn(session, person, "", True, None, now, today_in(trial.space, now), words)

    def _shown(
        self, links: Links, token: Token, no: Refused | None = None, status: int = 200
    ) -> Response:
        """The page as it is now; `no` or a `status` of 403: why an answer didn't count."""
        nonce, cookie = new_nonce(), _cookie()
        now = self._context.calendar.now()
        with self._context.database.reading() as session:
            asked = _asked(session, token)
            if asked is None:
                return not_found()
            trial = session.get_one(Trial, asked.trial_id)
            words = Words(trial.customer.language)
            said = not_ours(words, cookie=COOKIE in request.cookies) if status == 403 else ""
            if no is not None:
                replaced = no.reason == OLD_CARD
                zone = trial.space.time_zone
                said = too_late(words) if replaced else refusal(words, no, zone)
            page = consent_page(
                asked,
                trial,
                words=words,
                today=today_in(trial.space, now),
                nonce=nonce,
                proof=links.sign_form(CONSENT, token.row_id, cookie),
                asker=session.get(Person, asked.asked_by) if asked.asked_by else None,
                decided=_decided(session, asked),
                said=said,
            )
        return _with_cookie(answer(page, nonce, status), cookie, links)


def _asked(session: Session, token: Token) -> Consent | None:
    asked = session.get(Consent, token.row_id)
    return asked if asked is not None and token.fits(consent_mark(asked)) else None


def _decided(session: Session, asked: Consent) -> Decided | None:
    by = consent.decided(session, asked)
    if by is None:
        return None
    return Decided(by, session.get(Person, by.decided_by) if by.decided_by else None)


def _choice(form: Mapping[str, str]) -> Choice | None:
    """What was pressed; None if it is neither button."""
    pressed = form.get(ANSWER)
    if pressed not in (ACCEPT, DECLINE):
        return None
    accept = pressed == ACCEPT
    return Choice(accept, accept and form.get(FULL_ACCESS) == "true")


def _is_from_our_page(links: Links, token: Token) -> bool:
    """Whether this browser got the form from us and sends it from our page.

    With `Referrer-Policy: no-referrer` browsers write `Origin: null`; then `Sec-Fetch-Site` tells.
    """
    origin = request.headers.get("Origin", "null").lower()
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if origin not in ("null", links.origin) or site != "same-origin":
        return False
    proof, nonce = request.form.get(FORM_FIELD, ""), request.cookies.get(COOKIE, "")
    return links.is_our_form(proof, CONSENT, token.row_id, nonce)


def _cookie() -> str:
    """This browser's own word, the same in each of its tabs."""
    kept = request.cookies.get(COOKIE, "")
    return kept if len(kept) == len(new_nonce()) and kept.isascii() else new_nonce()


def _with_cookie(response: Response, value: str, links: Links) -> Response:
    # A browser that follows a link in web mail sends no strict cookie, so the new one would make
    # the forms in its other tabs invalid. No lax cookie comes with a form from elsewhere, either.
    secure = links.origin.startswith("https:")
    response.set_cookie(COOKIE, value, httponly=True, samesite="Lax", secure=secure)
    return response
