"""Links in e-mails, signed so that nobody can guess or change one."""

import hashlib
import hmac
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from itsdangerous import BadData, URLSafeSerializer

from bot.mail_server import ON_THIS_MACHINE
from bot.settings import Settings
from bot.webex import identity
from store.database.database import Database
from store.tables import Consent, Trial

CONSENT, UNSUBSCRIBE, FORM = "consent", "unsubscribe", "form"
_TOKEN = re.compile(r"[A-Za-z0-9_.-]+")
_MARK = 16
_PORTS = {"http": 80, "https": 443}


class Links:
    """Makes links to our pages, and reads them.

    A link names a row by id and by a mark of what must not have changed, such as the address it was
    sent to; no personal data. It ends with the token and a slash, so that punctuation after it is
    harmless.
    """

    def __init__(self, base: str, secret: bytes) -> None:
        self.base = base
        self._secret = secret

    def consent(self, consent: Consent) -> str:
        """The page on which a consent request is answered."""
        return self._link(CONSENT, consent.id, consent_mark(consent))

    def unsubscribe(self, trial: Trial) -> str:
        """The page on which a customer's administrator stops the notices of a trial."""
        return self._link(UNSUBSCRIBE, trial.id, trial.customer.administrator)

    def read(self, page: str, path: str) -> "Token | None":
        """What the path of a link names; None if it wasn't signed for this page.

        Whatever a gateway, or a person who copies it, has put around the token is left out.
        """
        for _ in range(2):
            path = unquote(path)
        found = _TOKEN.search(path)
        try:
            data: Any = self._signer(page).loads(found[0].strip(".")) if found else None
        except BadData:
            return None
        match data:
            case [int(row_id), str(mark)]:
                return Token(self, row_id, mark)
        return None

    @property
    def origin(self) -> str:
        """Where our pages come from, as browsers write it in `Origin` (RFC 6454, 6.2)."""
        parts = urlsplit(self.base)
        host = (parts.hostname or "").encode("idna").decode()
        host = f"[{host}]" if ":" in host else host
        usual = parts.port in (None, _PORTS[parts.scheme])
        return f"{parts.scheme}://{host}" + ("" if usual else f":{parts.port}")

    def sign_form(self, page: str, row_id: int, nonce: str) -> str:
        """The proof that a form was drawn by us, for the browser that has this nonce as cookie."""
        return str(self._signer(FORM).dumps([page, row_id, nonce]))

    def is_our_form(self, proof: str, page: str, row_id: int, nonce: str) -> bool:
        """Whether we drew this form for this browser."""
        try:
            return bool(nonce) and self._signer(FORM).loads(proof) == [page, row_id, nonce]
        except BadData:
            return False

    def mark(self, text: str) -> str:
        """A short keyed digest: it tells nobody what it was made of."""
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()[:_MARK]

    def _link(self, page: str, row_id: int | None, marked: str) -> str:
        return f"{self.base}{page}/{self._signer(page).dumps([row_id, self.mark(marked)])}/"

    def _signer(self, page: str) -> URLSafeSerializer:
        digests = {"digest_method": hashlib.sha256}
        return URLSafeSerializer(self._secret, salt=page, signer_kwargs=digests)


class Token:
    """What a link names: the id of a row, and a mark of what must not have changed in it."""

    def __init__(self, links: Links, row_id: int, mark: str) -> None:
        self.row_id = row_id
        self._links, self._mark = links, mark

    def fits(self, marked: str) -> bool:
        """Whether the row is still what the link was made for."""
        return hmac.compare_digest(self._mark.encode(), self._links.mark(marked).encode())


def consent_mark(consent: Consent) -> str:
    """What ties a link to one request: when and whom it asked."""
    return f"{consent.email} {consent.asked_at.timestamp():.0f}"


def links_of(settings: Settings, database: Database, public_url: str) -> Links | None:
    """The links for e-mails; None without a mail server, or without an https address of ours."""
    if settings.mail_server is None or not is_safe(public_url):
        return None
    secret = identity.secret(settings, database)
    return Links(public_url, hmac.digest(secret, b"links in e-mails", "sha256"))


def is_safe(public_url: str) -> bool:
    """Whether a link to this address may be sent: https, or this machine (the sandbox)."""
    parts = urlsplit(public_url)
    return parts.scheme == "https" or parts.hostname in ON_THIS_MACHINE
