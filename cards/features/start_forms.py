"""The start form's steps, and how a draft stores them in terms of a new trial."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from cards.kit.fields import FILL_IN
from cards.kit.forms import (
    Form,
    Invalid,
    carried,
    choose,
    choose_many,
    day,
    email,
    emails,
    number,
    rest,
    text,
    tick,
)
from cards.kit.models import models
from cards.kit.places import country, language, site, time_zone
from cards.kit.refusals import wrong_day
from cards.kit.rules import Place, on_draft, on_space
from cards.kit.verticals import VERTICALS
from cards.kit.words import N_, Message
from store.features.start import ACCEPTED_IN_FUTURE
from store.rules.rights import Action
from store.terms import DeviceType, Kind, MeetingsOption, Service, SkipReason

MANY_LICENCES = 1000
DEVICE_LICENCES = 5
TYPED = "typed"


class FormStep(StrEnum):
    """The form's steps, in order."""

    CUSTOMER = "customer"
    SERVICES = "services"
    SITE = "site"
    DEVICES = "devices"
    SAVE = "save"


def steps(values: Mapping[str, Any]) -> list[FormStep]:
    """Return the steps that this draft needs.

    There is no site step without Enterprise Edition, and no devices step without devices.
    """
    absent = set()
    if MeetingsOption.ENTERPRISE not in values.get("meetings_options", ()):
        absent.add(FormStep.SITE)
    if Service.DEVICES not in values.get("services", ()):
        absent.add(FormStep.DEVICES)
    return [step for step in FormStep if step not in absent]


def after(step: FormStep, values: Mapping[str, Any]) -> FormStep:
    """Return the next step."""
    row = list(FormStep)
    return next(other for other in steps(values) if row.index(other) > row.index(step))


def before(step: FormStep, values: Mapping[str, Any]) -> FormStep:
    """Return the previous step; for the first step, itself."""
    row = list(FormStep)
    earlier = [other for other in steps(values) if row.index(other) < row.index(step)]
    return earlier[-1] if earlier else step


# ------------------------------------------------------------------ the forms


class OnDraft(Form, rule=on_draft()):
    """The values that every step carries: the draft, and its version when the card was drawn."""

    draft: int = carried()
    version: int = carried()


class StartCustomer(OnDraft, key="start.customer", title=N_("Customer"), submit=N_("Next")):
    """The customer."""

    kind: Kind = choose(N_("Customer type"), Kind, expanded=True)
    company: str = text(N_("Company name"), max=50)
    administrator: str = email(N_("Administrator's e-mail"))
    administrator_is_full: bool = tick(
        N_("This person is a full administrator of the customer's organisation"), default=True
    )
    full_administrators: tuple[str, ...] = emails(
        N_("If not, list the full administrators' e-mails"), required=False
    )
    organisation_id: str = text(N_("Organisation ID (optional)"), required=False, max=100)
    vertical: str = choose(N_("Business vertical"), VERTICALS, hint=N_("Pick the closest one."))
    vertical_note: str = text(N_("If other, please specify"), required=False, max=100)
    country: str = country(
        N_("Country (where most users are)"),
        hint=N_("Enter a name or code. This fixes the data region permanently."),
    )
    supported: bool = tick(N_("The customer is in a supported location"), must=True)
    language: str = language(N_("Customer's language"), default="en")

    def check(self) -> Iterator[tuple[str, Message]]:
        """Require a full administrator for an existing customer, and a note for *other*."""
        asks = self.kind is Kind.EXISTING and not self.administrator_is_full
        if asks and not self.full_administrators:
            yield (
                "full_administrators",
                Message(
                    N_("A full administrator has to consent. Enter at least one e-mail address.")
                ),
            )
        if self.vertical == "other" and not self.vertical_note:
            yield "vertical_note", Message(FILL_IN)


def field_of(address: str, administrator: str) -> str:
    """Return the field of the customer's step in which an address was entered."""
    same = address.strip().lower() == administrator.strip().lower()
    return "administrator" if same else "full_administrators"


class StartServices(OnDraft, key="start.services", title=N_("Services"), submit=N_("Next")):
    """The services, their licences and the duration."""

    services: tuple[Service, ...] = choose_many(N_("Services"), Service)
    meetings_options: tuple[MeetingsOption, ...] = choose_many(
        N_("Meetings options"), MeetingsOption, required=False
    )
    locations: int | None = number(
        N_("Number of Calling locations"),
        max=1000,
        required=False,
        hint=N_(
            "Plan a few numbers for users plus 2 per location, from an approved PSTN"
            " provider; you can add them later. A Cisco Calling Plan trial includes up to"
            " 10 new numbers and no porting."
        ),
    )
    device_licences: int | None = number(
        N_("Registration licences for Webex devices"), max=1000, required=False
    )
    licences: int = number(N_("Licences per service"), min=1, max=100_000)
    many: bool = tick(N_("I need more than 1,000 licences"))
    duration: int = choose(N_("Duration"))
    first_day: date = day(N_("Planned first day"))
    far_away: bool = tick(N_("The first day is more than 90 days away"))
    customer_notices: bool = tick(N_("Remind the customer too"), default=True)
    bought: tuple[Service, ...] = choose_many(
        N_("Services the customer owns"), Service, required=False
    )
    trialled: tuple[Service, ...] = choose_many(
        N_("Services on trial with another partner (see Partner Hub)"), Service, required=False
    )

    def check(self) -> Iterator[tuple[str, Message]]:
        """Require a tick for over 1000 licences; reject services bought or trialled already."""
        if self.licences > MANY_LICENCES and not self.many:
            yield "many", Message(N_("That's unusual. Tick this box to confirm."))
        if set(self.services) & set(self.bought):
            yield "bought", Message(N_("The customer already owns this."))
        if set(self.services) & set(self.trialled):
            yield "trialled", Message(N_("Another partner is already trialling this."))


class StartSite(OnDraft, key="start.site", title=N_("Meetings site"), submit=N_("Next")):
    """The Meetings site of Enterprise Edition."""

    site: str = site(N_("Site URL"), hint=N_("A site URL can belong to only one running trial."))
    site_time_zone: str = time_zone(
        N_("Site time zone"), hint=N_("This decides where Meetings stores its data.")
    )


class StartDevices(OnDraft, key="start.devices", title=N_("Devices"), submit=N_("Next")):
    """The devices to ship, or the reason why none are."""

    phone: tuple[tuple[str, int], ...] = models(N_("Phones"))
    room: tuple[tuple[str, int], ...] = models(N_("Room devices"))
    desk: tuple[tuple[str, int], ...] = models(N_("Desk devices"))
    board: tuple[tuple[str, int], ...] = models(N_("Boards"))
    other: tuple[tuple[str, int], ...] = models(N_("Other devices"))
    ship_to: str = country(N_("Ship to (if a different country)"), required=False)
    skip_reason: SkipReason | None = choose(
        N_("If nothing is shipped, why?"), SkipReason, required=False
    )

    @property
    def to_ship(self) -> dict[DeviceType, tuple[tuple[str, int], ...]]:
        """The models to ship, by device type."""
        return {type_: getattr(self, type_) for type_ in DeviceType if getattr(self, type_)}

    def check(self) -> Iterator[tuple[str, Message]]:
        """Require something to ship, or a reason why not."""
        if not self.to_ship and self.skip_reason is None:
            yield (
                "skip_reason",
                Message(
                    N_(
                        "Nothing to ship was entered. Add devices, or"
                        " choose why nothing is shipped."
                    )
                ),
            )


class StartSave(
    OnDraft,
    key="start.save",
    title=N_("Check and save"),
    submit=N_("Save"),
    refused_at={**wrong_day("done_on"), ACCEPTED_IN_FUTURE: "accepted_on"},
):
    """Turn the draft into a trial."""

    set_up: str = choose(
        N_("Who sets up the services, and when?"),
        (("now", N_("We set them up now")), ("later", N_("Later, or the customer sets them up"))),
        expanded=True,
        default="later",
    )
    accepted_on: date | None = day(
        N_("Already accepted on"),
        required=False,
        hint=N_("For a trial that the customer has accepted already: nobody is asked again."),
    )
    done_on: date | None = day(
        N_("Already done in Partner Hub on"),
        required=False,
        hint=N_("Leave empty if it isn't done there yet."),
    )


class StartBack(OnDraft, key="start.back", submit=N_("Back")):
    """Go back one step; the input on this card is kept as typed."""

    step: FormStep = carried()
    typed: Mapping[str, str] = rest()


class StartPrivately(OnDraft, key="start.privately", submit=N_("Continue in a private chat")):
    """Continue in a private chat; the input on this card is kept as typed."""

    step: FormStep = carried()
    typed: Mapping[str, str] = rest()


class StartDrop(OnDraft, key="start.drop", submit=N_("Discard draft")):
    """Discard the draft."""


class StartGoOn(Form, key="start.go-on", rule=on_draft(), submit=N_("Continue")):
    """Continue with one's own draft."""

    draft: int = carried()


class StartAnew(Form, key="start.anew", rule=on_space(Action.START), submit=N_("Start over")):
    """Start an empty draft for a space instead of the existing one."""

    space: int = carried()


class StartCopy(Form, key="start.copy", rule=on_draft(), submit=N_("Continue with a copy")):
    """Continue with a copy of a colleague's draft."""

    draft: int = carried()


class StartWhere(
    Form,
    key="start.where",
    rule=on_space(Action.START, Place.ONE_TO_ONE),
    title=N_("Start a trial"),
    submit=N_("Next"),
):
    """Choose the partner and space for a new trial, in a private chat."""

    space: int = choose(N_("Partner and space"), expanded=True)


FORMS: Mapping[FormStep, type[OnDraft]] = {
    FormStep.CUSTOMER: StartCustomer,
    FormStep.SERVICES: StartServices,
    FormStep.SITE: StartSite,
    FormStep.DEVICES: StartDevices,
    FormStep.SAVE: StartSave,
}


# ------------------------------------------------------------------ the draft


def kept(form: OnDraft, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form's values to merge into a draft, in terms of a new trial, as JSON.

    Raw input stored for that step earlier is discarded.
    """
    step = step_of(type(form))
    words = {
        name: _json(value)
        for name, value in form.values().items()
        if name not in OnDraft.fields and value is not None
    }
    match form:
        case StartSave():
            words["done_on"] = _json(form.done_on)
            words["accepted_on"] = _json(form.accepted_on)
        case StartServices():
            words |= _services_kept(form, values)
        case StartDevices():
            words = _devices_kept(form, values)
    typed = {name: texts for name, texts in values.get(TYPED, {}).items() if name != step}
    return {**words, TYPED: typed}


def kept_back(form: StartBack | StartPrivately, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the raw input to merge into a draft when a step is left: texts, unchecked."""
    return {TYPED: {**values.get(TYPED, {}), form.step: dict(form.typed)}}


def _services_kept(form: StartServices, values: Mapping[str, Any]) -> dict[str, Any]:
    """Drop the options and site if Meetings is removed, the shipments if devices are."""
    changed: dict[str, Any] = {"locations": form.locations or 0, "device_licences": 0}
    options = form.meetings_options if Service.MEETINGS in form.services else ()
    changed["meetings_options"] = _json(options)
    if MeetingsOption.ENTERPRISE not in options:
        changed |= {"site": "", "site_time_zone": ""}
    if Service.CALLING not in form.services:
        changed["locations"] = 0
    if Service.DEVICES in form.services:
        licences = DEVICE_LICENCES if form.device_licences is None else form.device_licences
        changed["device_licences"] = licences
    else:
        changed |= {"to_ship": {}, "skip_reason": None, "ship_to": ""}
    return changed


def _devices_kept(form: StartDevices, values: Mapping[str, Any]) -> dict[str, Any]:
    place = form.ship_to or values.get("country", "")
    return {
        "to_ship": {
            str(type_): {"models": dict(wanted), "country": place}
            for type_, wanted in form.to_ship.items()
        },
        "ship_to": form.ship_to,
        # Webex can't clear a chosen reason, so entered devices take precedence.
        "skip_reason": None if form.to_ship else form.skip_reason,
    }


def filled(step: FormStep, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a step's values for drawing: as typed before going back, else as stored."""
    if typed := values.get(TYPED, {}).get(step):
        return dict(typed)
    known = {name: value for name, value in values.items() if name in FORMS[step].fields}
    if step is FormStep.DEVICES:
        for type_, shipped in values.get("to_ship", {}).items():
            known[type_] = tuple(shipped["models"].items())
    return {name: _from_json(value) for name, value in known.items()}


def step_of(form: type[Form]) -> FormStep:
    """Return the step that a form belongs to."""
    return next(step for step, known in FORMS.items() if form is known)


def wrong(step: FormStep, values: Mapping[str, Any], name: str, message: Message) -> Invalid:
    """Return a step's stored form as an `Invalid`, with an error in one field."""
    form, known = FORMS[step], filled(step, values)
    texts = {name: form.fields[name].write(value) for name, value in known.items()}
    return Invalid(form, texts, {name: message})


def _json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_json(part) for part in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value


def _from_json(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
