"""Write the trials of a file in bulk statements, so that others hardly wait."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Table
from sqlmodel import Session, SQLModel, col, select

from store.act import Act
from store.codes import code
from store.database.bulk import add_all, among
from store.database.numbers import next_ids
from store.features import settings
from store.features.import_trials import IMPORTED, Examined, New, examined_again
from store.features.shared.trials import LAST_OF_DAYS, facts, today_in
from store.refusals import Reason, Refused
from store.rules.columns import Column
from store.rules.dates import consent_deadline
from store.rules.imports import DEFAULT_LICENCES, Meant, Row, serials_of
from store.tables import (
    Address,
    Customer,
    History,
    Partner,
    Person,
    Reservation,
    Serial,
    Shipment,
    Space,
    Trial,
    TrialService,
    Upload,
    id_of,
)
from store.terms import DeviceType, Kind, MeetingsOption, State

NOTHING_TO_IMPORT = Reason("nothing-to-import")


def write(session: Session, upload: Upload, act: Act, before: Examined) -> Examined:
    """Write every good row in bulk statements, and forget the file.

    `before`: what was examined beside the desk; whether it still holds is looked up first.

    The reminders of a few trials are planned at once, those of many in batches
    (`settings.replan_some`). Refused: NOTHING_TO_IMPORT.
    """
    session.exec(select(Partner).where(col(Partner.id) == upload.partner_id).with_for_update())
    examined = examined_again(session, upload, act, before)
    if not examined.trials:
        raise Refused(NOTHING_TO_IMPORT)
    space = session.get_one(Space, upload.space_id)
    customers = _write_customers(session, space, examined.trials)
    numbers = next_ids(session.connection(), _table(Trial), len(examined.trials))
    trials = dict(zip(numbers, examined.trials, strict=True))
    _add(session, Trial, _trials(session, space, act, trials, customers))
    _write_parts(session, upload.file_name, act, trials)
    _write_shipments(session, [(n, one) for n, new in trials.items() for one in new.shipments])
    session.delete(upload)
    session.flush()
    settings.replan_from(session, id_of(space), min(numbers), since=act.now)
    if len(numbers) <= settings.BATCH:
        settings.replan_some(session, now=act.now)
    return examined


Whose = tuple[str, str]
"""A customer's administrator and organisation ID."""


def _whose(row: Row) -> Whose:
    return row.administrator, row.organisation_id


def _write_customers(session: Session, space: Space, news: Sequence[New]) -> dict[Whose, int]:
    """The ids of the customers by administrator and organisation; the new ones are added.

    An organisation ID tells customers of one administrator apart only from another ID.
    """
    wanted = {_whose(each.meant.row): each.meant.row for each in reversed(news)}
    there, shown = _known_customers(session, space.partner_id, {who for who, _ in wanted})
    numbers = iter(next_ids(session.connection(), _table(Customer), len(wanted)))
    found: dict[Whose, int] = {}
    new: dict[int, Row] = {}
    for row in sorted(wanted.values(), key=lambda row: not row.organisation_id):
        ours = there[row.administrator]
        number = _fitting(row.organisation_id, ours)
        if number is None:
            number = next(numbers)
            new[number], ours[row.organisation_id] = row, number
        found[_whose(row)] = number
    blank = _blank(Customer(partner_id=0, company="", company_key="", administrator="", domain=""))
    _add(
        session,
        Customer,
        (
            blank
            | {
                "id": number,
                "partner_id": space.partner_id,
                "company": row.company,
                "company_key": row.company_key,
                "administrator": row.administrator,
                "administrator_id": shown.get(row.administrator),
                "domain": row.administrator.rpartition("@")[2],
                "organisation_id": row.organisation_id,
                "country": row.country,
                "language": row.language or space.language,
                "full_administrators": row.full_administrators,
            }
            for number, row in new.items()
        ),
    )
    return found


def _fitting(organisation: str, ours: Mapping[str, int]) -> int | None:
    """The customer of this organisation, else one whose organisation isn't known."""
    if not organisation:
        return next(iter(ours.values()), None)
    return ours.get(organisation, ours.get(""))


def _known_customers(
    session: Session, partner_id: int, addresses: Collection[str]
) -> tuple[defaultdict[str, dict[str, int]], dict[str, int]]:
    """By address: the partner's customers with it by organisation, and the person it means."""
    known: defaultdict[str, dict[str, int]] = defaultdict(dict)
    connection = session.connection()
    customers = session.exec(
        select(Customer.administrator, Customer.organisation_id, col(Customer.id))
        .where(col(Customer.partner_id) == partner_id)
        .where(among(connection, col(Customer.administrator), addresses))
        .order_by(col(Customer.id))
    )
    for address, organisation, number in customers:
        known[address].setdefault(organisation, number or 0)
    seen = session.exec(
        select(col(Address.email), col(Person.id))
        .join(Person, col(Person.id) == col(Address.person_id))
        .where(col(Person.webex_id).is_not(None))
        .where(among(connection, col(Address.email), addresses))
    )
    return known, {address: number for address, number in seen if number is not None}


def _trials(
    session: Session,
    space: Space,
    act: Act,
    trials: Mapping[int, New],
    customers: Mapping[Whose, int],
) -> Iterator[dict[str, Any]]:
    today = today_in(space, act.now)
    blank = _blank(
        Trial(
            code="",
            partner_id=space.partner_id,
            space_id=id_of(space),
            customer_id=0,
            started_by=id_of(act.who),
            kind=Kind.NEW,
            state=State.ACTIVE,
            sorts_on=today,
            saved_on=today,
            first_day=today,
            customer_notices=session.get_one(Partner, space.partner_id).customer_notices,
        )
    )
    for number, new in trials.items():
        customer_id = customers[_whose(new.meant.row)]
        ids = {"id": number, "code": code(number), "customer_id": customer_id}
        yield blank | _trial(new) | ids


def _trial(new: New) -> dict[str, Any]:
    each, row = new.meant, new.meant.row
    runs = each.ends is not None
    return {
        "kind": each.kind,
        "state": each.state,
        "sorts_on": _sorts_on(each),
        "devices_due": min(map(_due, filter(_is_out, new.shipments)), default=None),
        "first_day": each.first_day,
        "duration": each.duration,
        "ends": each.ends,
        "asked_on": each.asked_on,
        "accepted_on": each.accepted_on,
        "provisioned_on": each.first_day if runs and each.kind is Kind.EXISTING else None,
        "ended_on": each.ended_on,
        "converted_on": each.converted_on,
        "cancelled_on": each.cancelled_on,
        "licences": DEFAULT_LICENCES if row.licences is None else row.licences,
        "device_licences": row.device_licences or 0,
        "meetings_options": _options(each),
        "site": row.site,
        "site_time_zone": row.site_time_zone if row.site else "",
        "locations": row.locations or 0,
        "order_number": row.order_number,
        "ordered_on": each.shipped.get(Column.ORDERED_ON),
        "extensions": row.extensions or 0,
    }


def _options(each: Meant) -> list[str]:
    """The options of Meetings; only Enterprise Edition has a site."""
    row = each.row
    has = {*row.meetings_options, *([MeetingsOption.ENTERPRISE.value] if row.site else [])}
    return [option.value for option in MeetingsOption if option.value in has]


def _sorts_on(each: Meant) -> date:
    if each.state is State.CONSENT and each.asked_on is not None:
        return consent_deadline(each.asked_on)
    return each.ends or LAST_OF_DAYS


def _is_out(each: Meant) -> bool:
    return Column.RETURNED_ON not in each.shipped


def _due(each: Meant) -> date:
    return each.shipped.get(Column.DEVICES_UNTIL, LAST_OF_DAYS)


def _write_parts(session: Session, file_name: str, act: Act, trials: Mapping[int, New]) -> None:
    """Add the services, reservations and history of new trials."""
    services = (
        {"trial_id": number, "service": service}
        for number, new in trials.items()
        for service in new.meant.services
    )
    held = ({"key": key, "trial_id": number} for number, new in trials.items() for key in new.keys)
    about = {"at": act.now, "by": id_of(act.who), "what": str(IMPORTED), "before": {}, "note": ""}
    history = (
        {**about, "trial_id": number, "after": _told(new.meant, file_name)}
        for number, new in trials.items()
    )
    _add(session, TrialService, services)
    _add(session, Reservation, held)
    _add(session, History, history)


def _told(each: Meant, file_name: str) -> dict[str, Any]:
    about = {"kind": each.kind, "services": each.services, "ends": each.ends, "file": file_name}
    return facts({name: value for name, value in about.items() if value is not None})


def _write_shipments(session: Session, wanted: Sequence[tuple[int, Meant]]) -> None:
    numbers = next_ids(session.connection(), _table(Shipment), len(wanted))
    blank = _blank(Shipment(trial_id=0, type=DeviceType.OTHER))
    numbered = list(zip(numbers, wanted, strict=True))
    _add(
        session,
        Shipment,
        (
            blank | {"id": number, "trial_id": trial_id} | _shipment(each)
            for number, (trial_id, each) in numbered
        ),
    )
    _add(
        session,
        Serial,
        (
            {
                "shipment_id": number,
                "serial": serial,
                "returned_on": _returned_on(each, serial),
            }
            for number, (_, each) in numbered
            for serial in serials_of(each.row)
        ),
    )


def _returned_on(each: Meant, serial: str) -> date | None:
    day = each.row.device.get("back", {}).get(serial)
    return date.fromisoformat(day) if day else each.shipped.get(Column.RETURNED_ON)


def _shipment(each: Meant) -> dict[str, Any]:
    device, days = each.row.device, each.shipped
    return {
        "type": device["type"],
        "models": device.get("models", {}),
        "order_number": device.get("order_number", ""),
        "country": device.get("country") or each.row.country,
        "shipped_on": days.get(Column.SHIPPED_ON),
        "trial_started_on": days.get(Column.DEVICES_FROM),
        "expires_on": days.get(Column.DEVICES_UNTIL),
        "returned_on": days.get(Column.RETURNED_ON),
    }


def _add(session: Session, kind: type[SQLModel], rows: Iterable[dict[str, Any]]) -> None:
    add_all(session.connection(), _table(kind), rows)


def _blank(row: SQLModel) -> dict[str, Any]:
    """A row's defaults, by column."""
    names = [column.name for column in _table(type(row)).c]
    return {name: getattr(row, name) for name in names if name != "id"}


def _table(kind: type[SQLModel]) -> Table:
    table: Table = kind.__table__  # type: ignore[attr-defined]
    return table
