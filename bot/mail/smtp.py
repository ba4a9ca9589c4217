"""Hand in e-mails over SMTP; nothing else imports smtplib."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage

from bot.failures import Again, Undeliverable
from bot.mail_server import MailServer
from cards.kit.words import plain
from store.database.database import in_transaction

CALL = "SMTP"
"""What the pace calls it: after a refused sign-in all e-mails pause."""

TIMEOUT = 10.0
"""Seconds to connect, and again for each answer."""

PAUSE = 60.0
FOR_EVER = 500
UNSUPPORTED = 553


def send(message: EmailMessage, server: MailServer) -> None:
    """Hand in an e-mail to one address. Raises `Again` and `Undeliverable`."""
    with _session(server) as smtp:
        try:
            smtp.send_message(message, server.address, [_recipient(message)])
        except smtplib.SMTPRecipientsRefused as error:
            [(code, said)] = error.recipients.values()
            raise _refused(code, said) from error
        except smtplib.SMTPSenderRefused as error:
            raise _all_refused(error) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Undeliverable(UNSUPPORTED, str(error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise Again(0, _why(error), ambiguous=True) from error


def check(server: MailServer) -> None:
    """Connect and sign in, and send nothing. Raises `Again`."""
    with _session(server):
        pass


@contextmanager
def _session(server: MailServer) -> Iterator[smtplib.SMTP]:
    if in_transaction():
        raise RuntimeError("no e-mail may be sent while a transaction is open")
    try:
        smtp = _connect(server)
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
        raise Again(PAUSE, _why(error), limited=CALL) from error
    except (smtplib.SMTPException, OSError) as error:
        raise Again(0, _why(error)) from error
    try:
        yield smtp
    finally:
        with suppress(smtplib.SMTPException, OSError):  # the e-mail was taken, or was not
            smtp.quit()
        smtp.close()


def _connect(server: MailServer) -> smtplib.SMTP:
    host, port, us = server.host, server.port, server.domain
    trusted = ssl.create_default_context()
    if server.tls == "from-the-start":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, port, us, timeout=TIMEOUT, context=trusted)
    else:
        smtp = smtplib.SMTP(host, port, us, timeout=TIMEOUT)
    try:
        if server.tls == "starttls":
            smtp.starttls(context=trusted)
        if server.user:
            smtp.login(server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _recipient(message: EmailMessage) -> str:
    [address] = message["To"].addresses
    return str(address.addr_spec)


def _refused(code: int, said: bytes | str) -> Exception:
    """What a refused e-mail means: codes from 500 on are for ever (RFC 5321, 4.2.1)."""
    text = _line(said)
    return Undeliverable(code, text) if code >= FOR_EVER else Again(0, f"{code} {text}")


def _all_refused(error: smtplib.SMTPSenderRefused) -> Again:
    """Our own sender was refused, so every other e-mail would be, too."""
    limited = CALL if error.smtp_code >= FOR_EVER else ""
    return Again(PAUSE if limited else 0, f"{error.smtp_code} {_text(error)}", limited=limited)


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error)}"
    return f"{type(error).__name__}: {error}"


def _text(error: smtplib.SMTPResponseException) -> str:
    return _line(error.smtp_error)


def _line(said: bytes | str) -> str:
    """What a server said, in one line that can be stored and shown."""
    return plain(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said))
