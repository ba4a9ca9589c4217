"""What every page for people has in common: its headers, and its answer without a database."""

import secrets
from collections.abc import Callable
from typing import TypeVar

from flask import Response, request
from sqlalchemy.exc import SQLAlchemyError

from bot.engine.context import Context
from bot.mail.links import Links, links_of
from bot.observe import log
from cards.features.by_mail import busy_page, no_page
from cards.kit.html import Html
from cards.kit.words import Words, languages

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}

T = TypeVar("T", bound="Page")


def new_nonce() -> str:
    """A random word for one answer."""
    return secrets.token_urlsafe(16)


def answer(page: Html, nonce: str, status: int = 200) -> Response:
    """Send a page that may load nothing, run nothing and be framed by nobody."""
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    headers = {**HEADERS, "Content-Security-Policy": policy}
    return Response(page, status, headers, content_type="text/html; charset=utf-8")


def not_found() -> Response:
    """Answer a link that isn't valid, or no longer, without saying which."""
    nonce = new_nonce()
    return answer(no_page(_browsers_words(), nonce), nonce, 404)


def _browsers_words() -> Words:
    """The wording for somebody of whom only the browser's languages are known."""
    return Words(request.accept_languages.best_match(languages(), "en"))


class Page:
    """A page for people who follow a link in an e-mail."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._links: Links | None = None

    def links(self) -> Links | None:
        """What reads and makes links; None without a mail server."""
        if self._links is None:
            context = self._context
            self._links = links_of(context.settings, context.database, context.public_url)
        return self._links


def guarded(view: Callable[[T, str], Response]) -> Callable[[T, str], Response]:
    """Answer with 503 while the database can't be reached."""

    def safely(self: T, path: str) -> Response:
        try:
            return view(self, path)
        except SQLAlchemyError as error:
            log.warning("database unavailable", error=type(error).__name__)
            nonce = new_nonce()
            return answer(busy_page(_browsers_words(), nonce), nonce, 503)

    return safely
