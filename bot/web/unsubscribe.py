"""Stopping a customer's notices from an e-mail: by one press in the mail program, or on a page."""

from flask import Response, request
from sqlmodel import Session

from bot.mail.links import UNSUBSCRIBE, Token
from bot.observe import log
from bot.web.pages import Page, answer, guarded, new_nonce, not_found
from cards.features.by_mail import ONE_CLICK, unsubscribe_page
from cards.kit.words import Words
from store.features import customer_notices
from store.refusals import Refused
from store.tables import Trial


class UnsubscribePage(Page):
    """Asks whether to stop, and stops: the post needs no sign-in (RFC 8058)."""

    @guarded
    def show(self, path: str) -> Response:
        """Show a page with a button; this changes nothing."""
        token = self._token(path)
        if token is None:
            return not_found()
        with self._context.database.reading() as session:
            trial = _trial(session, token)
            return _shown(trial) if trial is not None else not_found()

    @guarded
    def stop(self, path: str) -> Response:
        """Stop the notices, however often this is posted."""
        token, (name, value) = self._token(path), ONE_CLICK
        if token is None:
            return not_found()
        if request.form.get(name) != value:
            return self.show(path)
        now = self._context.calendar.now()
        with self._context.database.transaction() as session:
            trial = _trial(session, token)
            if trial is None:
                return not_found()
            try:
                address = trial.customer.administrator
                customer_notices.stop_by_link(session, token.row_id, address, now=now)
            except Refused:
                return not_found()
            shown = _shown(trial)
        log.info("notices stopped by link", trial=token.row_id)
        return shown

    def _token(self, path: str) -> Token | None:
        links = self.links()
        return links.read(UNSUBSCRIBE, path) if links else None


def _trial(session: Session, token: Token) -> Trial | None:
    """The trial, if the link was sent to who is still its customer's administrator."""
    trial = session.get(Trial, token.row_id)
    return trial if trial is not None and token.fits(trial.customer.administrator) else None


def _shown(trial: Trial) -> Response:
    nonce = new_nonce()
    page = unsubscribe_page(trial, words=Words(trial.customer.language), nonce=nonce)
    return answer(page, nonce)
