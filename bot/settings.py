"""The settings, read from the environment and from `.env`; each has a description."""

from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.mail_server import MailServer, read_smtp_url

WEBEX = "https://webexapis.com/v1/"
SMTP_URL, MAIL_FROM = "SMTP_URL", "TRIALBOT_MAIL_FROM"
TOKEN, PUBLIC_URL, SECRET = "WEBEX_ACCESS_TOKEN", "TRIALBOT_PUBLIC_URL", "WEBEX_WEBHOOK_SECRET"
POSTGRESQL = ("postgresql", "postgres")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

_NAMES = {
    "access_token": TOKEN,
    "webhook_secret": SECRET,
    "base_url": "WEBEX_BASE_URL",
    "public_url": PUBLIC_URL,
}
"""The variables of the settings whose values are checked here."""


def named(name: str, default: Any, description: str, **limits: Any) -> Any:
    """Declare a setting that is read from exactly this environment variable."""
    return Field(default, validation_alias=AliasChoices(name), description=description, **limits)


class DatabaseSettings(BaseSettings):
    """Where the database is; some commands need nothing else."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8-sig",
        extra="ignore",
        populate_by_name=True,
    )

    database_url: str = named(
        "DATABASE_URL",
        "sqlite:///trialbot.db",
        "`sqlite:///FILE`, `postgresql://…` or `postgres://…`.",
    )

    @field_validator("database_url")
    @classmethod
    def _refuse_another_database(cls, url: str) -> str:
        try:
            parsed = make_url(url)
            kind = parsed.get_backend_name()
            fits = kind in POSTGRESQL or (kind == "sqlite" and bool(parsed.database))
        except (ArgumentError, ValueError):
            fits = False
        if not fits:  # the URL may contain a password, so don't repeat it
            raise ValueError("DATABASE_URL must be sqlite:///FILE or postgresql://HOST/DATABASE")
        return url

    @property
    def is_on_sqlite(self) -> bool:
        """Whether the database is an SQLite file, which only one process uses."""
        return make_url(self.database_url).get_backend_name() == "sqlite"


class Settings(DatabaseSettings):
    """All settings. `Settings()` reads them and refuses values that can't work."""

    access_token: SecretStr = named(
        TOKEN, SecretStr(""), "The bot's access token from developer.webex.com."
    )
    base_url: str = named(
        "WEBEX_BASE_URL", WEBEX, "The address of Webex's API; the sandbox sets its own."
    )
    webhook_secret: SecretStr = named(
        SECRET,
        SecretStr(""),
        "A long random text of your own that signs Webex's webhooks; the sandbox makes one up.",
    )
    public_url: str = named(PUBLIC_URL, "", "The https address at which Webex reaches this bot.")
    host: str = named("TRIALBOT_HOST", "0.0.0.0", "The address to listen on.")
    port: int = named("PORT", 8080, "The port to listen on; 0 picks a free one.", ge=0, le=65535)
    operators: Annotated[tuple[str, ...], NoDecode] = named(
        "TRIALBOT_OPERATORS",
        (),
        "E-mail addresses, separated by commas, of people who may link a new partner,"
        " and help if its only full administrator has a new account.",
    )
    clock_file: Path | None = named(
        "TRIALBOT_CLOCK_FILE",
        None,
        "For the sandbox only: a file with the number of seconds to add to the clock.",
    )
    lease: float = named(
        "TRIALBOT_LEASE",
        30.0,
        "Seconds until another process takes over the work of a lost machine.",
        gt=0,
    )
    messengers: int = named(
        "TRIALBOT_MESSENGERS", 64, "How many calls to Webex may run at the same time.", ge=4
    )
    core: int | None = named(
        "TRIALBOT_CORE",
        None,
        "Run on this core only (0, 1, …); threads that share a core wake each other faster.",
        ge=0,
    )
    prune_days: int = named(
        "TRIALBOT_PRUNE_DAYS",
        30,
        "Days to keep finished events, messages and reminders.",
        ge=1,
    )
    worker_port: int = named(
        "TRIALBOT_WORKER_PORT",
        0,
        "If set, `trialbot worker` answers `/health`, `/ready` and `/metrics` on this port.",
        ge=0,
        le=65535,
    )
    metrics_token: SecretStr = named(
        "TRIALBOT_METRICS_TOKEN", SecretStr(""), "If set, `/metrics` requires it as a bearer token."
    )
    smtp_url: SecretStr = named(
        SMTP_URL,
        SecretStr(""),
        "The mail server: `smtp://USER:PASSWORD@HOST:587` (with STARTTLS) or `smtps://…`. Without"
        " it, no e-mail is sent.",
    )
    mail_from: str = named(
        MAIL_FROM, "", "The sender of e-mails, such as `Trialbot <trialbot@partner.example>`."
    )
    log_level: str = named("TRIALBOT_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR.")

    @field_validator("operators", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("access_token", "webhook_secret")
    @classmethod
    def _refuse_what_was_copied_along(cls, secret: SecretStr, about: ValidationInfo) -> SecretStr:
        text, name = secret.get_secret_value(), _NAMES[str(about.field_name)]
        if text != text.strip() or not text.isprintable():
            raise ValueError(f"{name} has a blank or line end too many: copy it again without")
        if name == TOKEN and (not text.isascii() or " " in text):
            raise ValueError(f"{name} isn't a token: copy it again from developer.webex.com")
        return secret

    @field_validator("base_url", "public_url")
    @classmethod
    def _require_a_web_address(cls, url: str, about: ValidationInfo) -> str:
        name = _NAMES[str(about.field_name)]
        if url and not _is_web_address(url):
            raise ValueError(f"{name} must be a web address, such as https://bot.example/")
        return url.rstrip("/") + "/" if url else ""

    @model_validator(mode="after")
    def _require_a_mail_server(self) -> Self:
        url = self.smtp_url.get_secret_value()
        if url:
            read_smtp_url(url, self.mail_from)
        return self

    @property
    def mail_server(self) -> MailServer | None:
        """The mail server; None if no e-mail is to be sent."""
        url = self.smtp_url.get_secret_value()
        return read_smtp_url(url, self.mail_from) if url else None

    @field_validator("log_level")
    @classmethod
    def _require_a_level(cls, level: str) -> str:
        if level.upper() not in LEVELS:
            raise ValueError(f"TRIALBOT_LOG_LEVEL must be one of {', '.join(LEVELS)}")
        return level.upper()

    def need_webex(self, *names: str) -> None:
        """Raise ValueError if one of these settings is empty; the sandbox needs none."""
        given = {
            TOKEN: self.access_token.get_secret_value(),
            PUBLIC_URL: self.public_url,
            SECRET: self.webhook_secret.get_secret_value(),
        }
        missing = [name for name in names if not given[name]]
        if missing and not self.is_sandbox:
            raise ValueError(f"{' and '.join(missing)} must be set to talk to {self.base_url}")

    @property
    def is_sandbox(self) -> bool:
        """Whether `base_url` is a sandbox on this machine."""
        return urlsplit(self.base_url).hostname in ("127.0.0.1", "localhost", "::1")

    @property
    def reached_at(self) -> str:
        """The URL at which Webex reaches the web door; without a public URL, this machine's own."""
        return self.public_url or f"http://127.0.0.1:{self.port}/"


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and url == url.strip()
    except ValueError:
        return False
