"""Every table. CHECKs limit what a row may hold; `rules` limits what may happen to it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import JSON, CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import QueryableAttribute
from sqlmodel import Field, Relationship, SQLModel

from store.database.instant import Instant
from store.terms import (
    Access,
    Answer,
    DeviceType,
    ExtensionState,
    Kind,
    Role,
    Service,
    State,
)
from store.vocabulary import vocabulary

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """Restrict a column to a closed vocabulary."""
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


def where(name: str, condition: str, *columns: str) -> Index:
    """Create a partial index."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


def id_of(row: Any) -> int:
    """The id of a saved row. Raises LookupError if it was never saved."""
    if row.id is None:
        raise LookupError(f"{row!r} was never saved")
    return cast(int, row.id)


def related(relationship: Any) -> QueryableAttribute[Any]:
    """A relationship for use in a statement, like `col` for a column: `related(Trial.customer)`."""
    return cast("QueryableAttribute[Any]", relationship)


#: Text searched by prefix: compared byte by byte on both databases.
Prefixed = Text().with_variant(Text(collation="C"), "postgresql")


#: Never reuse the id of a deleted row: old cards may still carry it.
NEVER_AGAIN = {"sqlite_autoincrement": True}


def unsettled(name: str, *columns: str, named: str = "") -> Index:
    """Index only open rows, so that the index is as small as the backlog.

    `named`: on PostgreSQL, use the index only for queries that name this column. While nothing is
    open, all such indexes look alike to the planner, and it would later keep scanning a wrong one.
    """
    still = "settled_at IS NULL"
    only = f"{still} AND {named} IS NOT NULL" if named else still
    return Index(name, *columns, sqlite_where=text(still), postgresql_where=text(only))


def held(name: str, column: str) -> Index:
    """Index only the leased rows."""
    return where(name, "settled_at IS NULL AND leased_until IS NOT NULL", column)


def buried(table: str) -> Index:
    """Index only the buried rows, so that counting them reads nothing else."""
    graves = text("outcome = 'buried'")
    return Index(f"ix_{table}_buried", "settled_at", sqlite_where=graves, postgresql_where=graves)


# ------------------------------------------------------------------ who


class Partner(SQLModel, table=True):
    """A Webex partner (reseller), with defaults for its trials."""

    __table_args__ = (CheckConstraint("tier IN (1, 2)", name="tier"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str
    tier: int = 1
    distributor: str = ""
    customer_notices: bool = True
    extension_days: list[int] = Field(default_factory=lambda: [30], sa_type=JSON)
    durations: list[int] = Field(default_factory=lambda: [30, 60, 90], sa_type=JSON)
    created_at: datetime = Field(sa_type=Instant)


class Space(SQLModel, table=True):
    """A Webex space linked to one partner, with its time zone, reminder hour and language."""

    __table_args__ = (
        CheckConstraint("reminder_hour BETWEEN 0 AND 23", name="reminder_hour"),
        CheckConstraint("state IN ('linked', 'gone')", name="state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    partner_id: int = Field(foreign_key="partner.id", index=True)
    room_id: str = Field(unique=True)
    title: str = ""
    time_zone: str = "UTC"
    reminder_hour: int = 9
    language: str = "en"
    country: str = ""
    working_days: bool = False
    weekly_digest: bool = True
    state: str = "linked"
    linked_at: datetime = Field(sa_type=Instant)


class Person(SQLModel, table=True):
    """A person, known by address, and by `webex_id` once Webex has shown them."""

    id: int | None = Field(default=None, primary_key=True)
    webex_id: str | None = Field(default=None, unique=True)
    email: str
    emails: list[str] = Field(default_factory=list, sa_type=JSON)
    name: str = ""
    org_id: str = ""
    language: str = ""
    seen_at: datetime | None = Field(default=None, sa_type=Instant)


class Address(SQLModel, table=True):
    """The last person who showed an address; until somebody does, its stand-in."""

    email: str = Field(primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)


class RoleRow(SQLModel, table=True):
    """A person's role for a partner."""

    __tablename__ = "role"
    __table_args__ = (UniqueConstraint("partner_id", "person_id"), one_of("role", Role))

    id: int | None = Field(default=None, primary_key=True)
    partner_id: int = Field(foreign_key="partner.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    role: Role = Field(sa_type=vocabulary(Role))
    given_by: int | None = Field(default=None, foreign_key="person.id")
    given_at: datetime = Field(sa_type=Instant)


class Customer(SQLModel, table=True):
    """A customer of one partner; a company with two partners has two rows.

    `company_key`: the name, ignoring case. `domain`: the domain of the administrator's address.
    `administrator_id`: the person whom that address means, as soon as Webex has shown them.
    """

    id: int | None = Field(default=None, primary_key=True)
    partner_id: int = Field(foreign_key="partner.id")
    company: str
    company_key: str = Field(sa_type=cast(Any, Prefixed))
    administrator: str
    administrator_id: int | None = Field(default=None, foreign_key="person.id")
    domain: str
    organisation_id: str = ""
    vertical: str = ""
    vertical_note: str = ""
    country: str = ""
    language: str = "en"
    full_administrators: list[str] = Field(default_factory=list, sa_type=JSON)

    __table_args__ = (
        Index("ix_customer_partner_company", "partner_id", "company_key"),
        Index("ix_customer_partner_domain", "partner_id", "domain"),
        Index("ix_customer_partner_administrator", "partner_id", "administrator"),
        Index("ix_customer_partner_organisation", "partner_id", "organisation_id"),
        where("ix_customer_unseen", "administrator_id IS NULL", "administrator"),
    )


# ------------------------------------------------------------------ trials


class Trial(SQLModel, table=True):
    """A trial of one customer, with every date that decides what happens to it.

    `sorts_on`, `todo_since` and `devices_due` are derived (`trials.keep`) and order lists: the
    deadline of the present state (R+30, then E); the oldest change still to be made in Partner Hub;
    the earliest D of devices that are out (`date.max` if unknown). Its dates, services and state
    are what Partner Hub is known to show; what isn't confirmed yet stands in `hub_tasks`. Until a
    trial runs, `first_day` is the planned one. `extras`: what small features
    keep of a trial, each under its own word; nothing is searched or sorted by it.
    """

    __table_args__ = (
        one_of("kind", Kind),
        one_of("state", State),
        one_of("access", Access),
        CheckConstraint("licences >= 0", name="licences"),
        CheckConstraint("duration > 0", name="duration"),
        CheckConstraint("state NOT IN ('active', 'ended') OR ends IS NOT NULL", name="ends"),
        CheckConstraint("state != 'converted' OR converted_on IS NOT NULL", name="converted_on"),
        CheckConstraint("state != 'cancelled' OR cancelled_on IS NOT NULL", name="cancelled_on"),
        Index("ix_trial_partner_state", "partner_id", "state", "sorts_on", "id"),
        Index("ix_trial_starter_state", "started_by", "state", "sorts_on", "id"),
        Index("ix_trial_space", "space_id", "state", "sorts_on", "id"),
        where("ix_trial_partner_todo", "todo_since IS NOT NULL", "partner_id", "todo_since", "id"),
        where("ix_trial_partner_out", "devices_due IS NOT NULL", "partner_id", "devices_due", "id"),
        where("ix_trial_partner_site", "site != ''", "partner_id", "site"),
        where("ix_trial_partner_order", "order_number != ''", "partner_id", "order_number"),
    )

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    partner_id: int = Field(foreign_key="partner.id")
    space_id: int = Field(foreign_key="space.id")
    customer_id: int = Field(foreign_key="customer.id", index=True)
    started_by: int = Field(foreign_key="person.id")
    draft_id: int | None = Field(default=None, unique=True)
    kind: Kind = Field(sa_type=vocabulary(Kind))
    state: State = Field(sa_type=vocabulary(State))
    version: int = 1

    sorts_on: date
    todo_since: date | None = None
    devices_due: date | None = None

    saved_on: date
    first_day: date
    duration: int = 30
    ends: date | None = None
    asked_on: date | None = None
    accepted_on: date | None = None
    provisioned_on: date | None = None
    ordered_on: date | None = None
    order_number: str = ""
    handed_over_on: date | None = None
    converted_on: date | None = None
    cancelled_on: date | None = None
    cancelled_by: str = ""
    ended_on: date | None = None
    outcome: str = ""
    outcome_note: str = ""

    access: Access = Field(default=Access.UNKNOWN, sa_type=vocabulary(Access))
    licences: int = 100
    device_licences: int = 0
    meetings_options: list[str] = Field(default_factory=list, sa_type=JSON)
    site: str = ""
    site_time_zone: str = ""
    locations: int = 0
    to_ship: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    skip_reason: str = ""
    set_up: str = "later"
    extensions: int = 0
    let_go: bool = False
    snoozed_until: date | None = None
    customer_notices: bool = True
    customer_unreachable: bool = False
    interest_on: date | None = None
    extras: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)

    customer: Customer = Relationship()
    space: Space = Relationship()
    partner: Partner = Relationship()
    services: list["TrialService"] = Relationship(
        cascade_delete=True,
        sa_relationship_kwargs={"lazy": "selectin", "order_by": "TrialService.id"},
    )
    hub_tasks: list["HubTask"] = Relationship(
        cascade_delete=True,
        sa_relationship_kwargs={"lazy": "selectin", "order_by": "HubTask.id"},
    )
    shipments: list["Shipment"] = Relationship(
        cascade_delete=True, sa_relationship_kwargs={"order_by": "Shipment.id"}
    )


class TrialService(SQLModel, table=True):
    """A service in a trial."""

    __tablename__ = "trial_service"
    __table_args__ = (UniqueConstraint("trial_id", "service"), one_of("service", Service))

    id: int | None = Field(default=None, primary_key=True)
    trial_id: int = Field(foreign_key="trial.id")
    service: Service = Field(sa_type=vocabulary(Service))


class Reservation(SQLModel, table=True):
    """Something that only one live trial may hold: a site URL, or a service of an organisation.

    Keys: `site:<url>`, `email:<address>:<service>`, `org:<id>:<service>`.
    """

    key: str = Field(primary_key=True)
    trial_id: int = Field(foreign_key="trial.id", index=True)


class HubTask(SQLModel, table=True):
    """A change of a trial to make in Partner Hub; open until it is confirmed (`done_on`: its day).

    `change`: a word of `hub.HubChange`. `facts`: what is wanted. `ticks`: step name → {"by": person
    id, "at": ISO instant}. `waits`: its effect waits for the confirmation; a release that moved
    dates at once wrote rows without it. `done_at` and `undo`: when it was confirmed, and what it
    changed.
    """

    __tablename__ = "hub_task"
    __table_args__ = (NEVER_AGAIN,)

    id: int | None = Field(default=None, primary_key=True)
    trial_id: int = Field(foreign_key="trial.id", index=True)
    change: str = Field(sa_type=Text)
    saved_on: date
    done_on: date | None = None
    ticks: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    waits: bool = True
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    undo: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class Consent(SQLModel, table=True):
    """One consent card to one person; the first decision on any of a trial's cards wins.

    The slot `consent/<id>` has its room and message.
    """

    __table_args__ = (one_of("answer", Answer),)

    id: int | None = Field(default=None, primary_key=True)
    trial_id: int = Field(foreign_key="trial.id", index=True)
    email: str
    full_administrator: bool
    answer: Answer = Field(default=Answer.ASKED, sa_type=vocabulary(Answer))
    asked_at: datetime = Field(sa_type=Instant)
    asked_by: int | None = Field(default=None, foreign_key="person.id")
    decided_by: int | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    unreachable: bool = False


class Assignment(SQLModel, table=True):
    """A partner administrator, besides the one who started it, who may change this trial."""

    __table_args__ = (UniqueConstraint("trial_id", "person_id"),)

    id: int | None = Field(default=None, primary_key=True)
    trial_id: int = Field(foreign_key="trial.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    until: date | None = None


class Draft(SQLModel, table=True):
    """One person's unfinished start form for one partner; kept seven days."""

    __table_args__ = (UniqueConstraint("person_id", "partner_id"), NEVER_AGAIN)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    partner_id: int = Field(foreign_key="partner.id")
    space_id: int = Field(foreign_key="space.id")
    step: str = ""
    version: int = 1
    values: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    updated_at: datetime = Field(sa_type=Instant, index=True)


class Upload(SQLModel, table=True):
    """A trials file that somebody sent and hasn't confirmed; one a person and partner, seven days.

    `rows`: the rows that could be read, as JSON. `about`: what the file says of itself, and the
    flaws of the other rows. `answers`: what was asked once for the whole file. `digest`: of all
    three, so that a card confirms exactly what it showed.
    """

    __table_args__ = (UniqueConstraint("person_id", "partner_id"), NEVER_AGAIN)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    partner_id: int = Field(foreign_key="partner.id")
    space_id: int = Field(foreign_key="space.id")
    file_name: str
    digest: str
    rows: str = Field(sa_type=Text)
    about: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    answers: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    updated_at: datetime = Field(sa_type=Instant, index=True)


class History(SQLModel, table=True):
    """What changed on a trial, when, and by whom; `by` is empty if a date did it."""

    id: int | None = Field(default=None, primary_key=True)
    trial_id: int = Field(foreign_key="trial.id", index=True)
    at: datetime = Field(sa_type=Instant)
    by: int | None = Field(default=None, foreign_key="person.id")
    what: str = Field(sa_type=Text)
    before: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    after: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    note: str = Field(default="", sa_type=Text)


# ------------------------------------------------------------------ devices


class Shipment(SQLModel, table=True):
    """Devices of one type that Cisco ships for a trial.

    `expires_on` is D, taken only from the EULA mail (docs/domain.md#device-expiry). `models`: model
    name → quantity.
    """

    __table_args__ = (
        UniqueConstraint("trial_id", "type"),
        one_of("type", DeviceType),
        Index("ix_shipment_order_number", "order_number"),
    )

    id: int | None = Field(default=None, primary_key=True)
    trial_id: int = Field(foreign_key="trial.id")
    type: DeviceType = Field(sa_type=vocabulary(DeviceType))
    models: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    order_number: str = ""
    country: str = ""
    shipped_on: date | None = None
    trial_started_on: date | None = None
    expires_on: date | None = None
    extension: ExtensionState | None = Field(default=None, sa_type=vocabulary(ExtensionState))
    extension_on: date | None = None
    pickup_on: date | None = None
    carrier: str = ""
    tracking: str = ""
    rma: str = ""
    returned_on: date | None = None

    serials: list["Serial"] = Relationship(
        cascade_delete=True,
        sa_relationship_kwargs={"lazy": "selectin", "order_by": "Serial.id"},
    )


class Serial(SQLModel, table=True):
    """One device, by serial number."""

    __table_args__ = (
        UniqueConstraint("shipment_id", "serial"),
        Index("ix_serial_serial", "serial"),
    )

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id")
    serial: str
    returned_on: date | None = None


# ------------------------------------------------------------------ queues


def settled(name: str) -> Index:
    """Index only the settled rows.

    If it held open rows, too, SQLite would use it to find them.
    """
    return where(name, "settled_at IS NOT NULL", "settled_at")


class Queued(SQLModel):
    """What inbox, outbox and reminders share: a lane, a due time (queue time) and a lease."""

    id: int | None = Field(default=None, primary_key=True)
    lane: str
    due: datetime = Field(sa_type=Instant)
    attempts: int = 0
    lease: str | None = None
    leased_until: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
    outcome: str = ""
    error: str = Field(default="", sa_type=Text)


class Inbox(Queued, table=True):
    """An event from Webex, kept until its effect is committed.

    `received_at`: calendar time, the event's `now` for ever.
    """

    key: str = Field(unique=True)
    resource: str
    event: str
    object_id: str
    person_id: str = ""
    room_id: str = ""
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    received_at: datetime = Field(sa_type=Instant)

    __table_args__ = (
        unsettled("ix_inbox_open", "lane", "id"),
        unsettled("ix_inbox_due", "due", "id", named="due"),
        held("ix_inbox_held", "lease"),
        settled("ix_inbox_settled"),
        buried("inbox"),
    )


class Outbox(Queued, table=True):
    """One network call for a message: a post, an edit (`put`), a deletion or an e-mail.

    `address`: `room:<id>`, `person:<webex id>`, `email:<address>`, `mail:<address>` or `trial:<id>`
    (looked up when sent). `message_id`: the message to edit or delete; for a post, first the
    message it replaces, and its own id once it is sent. `mail`: what an e-mail has besides its
    text. `owner`: the person whose word or press it answers; None if it is everyone's.
    """

    __table_args__ = (
        CheckConstraint("call IN ('post', 'put', 'delete', 'mail')", name="call"),
        unsettled("ix_outbox_open", "lane", "id"),
        unsettled("ix_outbox_due", "bell", "due", "id", named="due"),
        unsettled("ix_outbox_slot", "address", "slot", "id", named="address"),
        unsettled("ix_outbox_trial", "trial_id", named="trial_id"),
        held("ix_outbox_held", "lease"),
        where("ix_outbox_message", "message_id IS NOT NULL", "message_id"),
        settled("ix_outbox_settled"),
        buried("outbox"),
    )

    call: str = "post"
    address: str
    bell: bool = False
    thread: str | None = None
    message_id: str | None = None
    text: str = Field(sa_type=Text)
    card: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    file_name: str | None = None
    file_type: str | None = None
    file: bytes | None = Field(default=None, sa_type=LargeBinary)
    mail: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    slot: str | None = None
    trial_id: int | None = None
    owner: int | None = None
    event: str = ""


class Reminder(Queued, table=True):
    """A reminder of a trial or, for the digest, of a space; `rings_at` is calendar time.

    `key`: `<trial>/<kind>/<anchor date>`, so that replanning adds no duplicates. Lane:
    `space/<id>`.
    """

    __table_args__ = (
        unsettled("ix_reminder_open", "lane", "rings_at"),
        unsettled("ix_reminder_rings", "rings_at", "id"),
        held("ix_reminder_held", "lane"),
        Index("ix_reminder_trial", "trial_id"),
        where("ix_reminder_shipment", "shipment_id IS NOT NULL", "shipment_id"),
        settled("ix_reminder_settled"),
        buried("reminder"),
    )

    key: str = Field(unique=True)
    trial_id: int | None = Field(default=None, foreign_key="trial.id")
    shipment_id: int | None = Field(default=None, foreign_key="shipment.id")
    space_id: int = Field(foreign_key="space.id")
    kind: str
    anchor: date
    rings_at: datetime = Field(sa_type=Instant)
    rang_at: datetime | None = Field(default=None, sa_type=Instant)


class Slot(SQLModel, table=True):
    """A place in a room for one message: which message, and how often it was edited.

    `line`: the one-line form of a reminder when the next one replaces it. `written_by`: the last
    outbox row that wrote here, so that an older one that arrives late is recognised. `owner`: as of
    the outbox row.
    """

    __table_args__ = (
        UniqueConstraint("address", "name"),
        Index("ix_slot_room", "room_id", "name"),
        Index("ix_slot_message", "message_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    address: str
    name: str
    room_id: str = ""
    message_id: str = ""
    edits: int = 0
    line: str = Field(default="", sa_type=Text)
    written_by: int = 0
    owner: int | None = None


class Pause(SQLModel, table=True):
    """Until when Webex refuses calls of one kind (`POST /messages`; `*` for all, after a 401).

    `rate`: calls aren't paused, but limited to this many a second from `until` on.
    """

    call: str = Field(primary_key=True)
    until: datetime = Field(sa_type=Instant)
    reason: str = ""
    rate: float | None = None


class Beat(SQLModel, table=True):
    """A process's heartbeat, or the holder of a job for one process at a time."""

    name: str = Field(primary_key=True)
    holder: str = ""
    until: datetime = Field(sa_type=Instant)


class Flag(SQLModel, table=True):
    """A fact about the installation, such as `held`."""

    name: str = Field(primary_key=True)
    value: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class Probe(SQLModel, table=True):
    """A refusal that revealed that something is taken; at most ten per person and hour."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    at: datetime = Field(sa_type=Instant)

    __table_args__ = (Index("ix_probe_person_at", "person_id", "at"),)
