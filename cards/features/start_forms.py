"""What the start form asks, card by card, and how a draft keeps it in the words of a new trial."""

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
from cards.kit.verticals import VERTICALS
from cards.kit.words import N_, Message
from store.refusals import DAY_IN_FUTURE
from store.terms import DeviceType, Kind, MeetingsOption, Service, SkipReason

MANY_LICENCES = 1000
DEVICE_LICENCES = 5
TYPED = "typed"


class FormStep(StrEnum):
    """The cards of the row, in their order."""

    CUSTOMER = "customer"
    SERVICES = "services"
    SITE = "site"
    DEVICES = "devices"
    SAVE = "save"


def steps(values: Mapping[str, Any]) -> list[FormStep]:
    """The cards that this draft needs: no site without Enterprise Edition, nothing to ship without
    devices.
    """
    absent = set()
    if MeetingsOption.ENTERPRISE not in values.get("meetings_options", ()):
        absent.add(FormStep.SITE)
    if Service.DEVICES not in values.get("services", ()):
        absent.add(FormStep.DEVICES)
    return [step for step in FormStep if step not in absent]


def after(step: FormStep, values: Mapping[str, Any]) -> FormStep:
    """The card that comes next."""
    row = list(FormStep)
    return next(other for other in steps(values) if row.index(other) > row.index(step))


def before(step: FormStep, values: Mapping[str, Any]) -> FormStep:
    """The card before; the first one's is itself."""
    row = list(FormStep)
    earlier = [other for other in steps(values) if row.index(other) < row.index(step)]
    return earlier[-1] if earlier else step


# ------------------------------------------------------------------ the forms


class OnDraft(Form):
    """What every card of the row carries: the draft, as it was when the card was drawn."""

    draft: int = carried()
    version: int = carried()


class StartCustomer(OnDraft, key="start.customer", title=N_("Customer"), submit=N_("Next")):
    """Who the trial is for."""

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
        """An existing customer needs a full administrator to ask; *other* needs a word."""
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


class StartServices(OnDraft, key="start.services", title=N_("Services"), submit=N_("Next")):
    """What is trialled, how much of it, and for how long."""

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
    first_day: date = day(N_("First day"))
    customer_notices: bool = tick(N_("Remind the customer too"), default=True)
    bought: tuple[Service, ...] = choose_many(
        N_("Services the customer owns"), Service, required=False
    )
    trialled: tuple[Service, ...] = choose_many(
        N_("Services on trial with another partner (see Partner Hub)"), Service, required=False
    )

    def check(self) -> Iterator[tuple[str, Message]]:
        """More than 1000 licences need a tick; what is bought or trialled can't be trialled."""
        if self.licences > MANY_LICENCES and not self.many:
            yield "many", Message(N_("That's unusual. Tick this box to confirm."))
        if set(self.services) & set(self.bought):
            yield "bought", Message(N_("The customer already owns this."))
        if set(self.services) & set(self.trialled):
            yield "trialled", Message(N_("Another partner is already trialling this."))


class StartSite(OnDraft, key="start.site", title=N_("Meetings site"), submit=N_("Next")):
    """The site of Enterprise Edition."""

    site: str = site(N_("Site URL"), hint=N_("A site URL can belong to only one running trial."))
    site_time_zone: str = time_zone(
        N_("Site time zone"), hint=N_("This decides where Meetings stores its data.")
    )


class StartDevices(OnDraft, key="start.devices", title=N_("Devices"), submit=N_("Next")):
    """What to ship, or why nothing is shipped."""

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
        """The models of each type that is shipped."""
        return {type_: getattr(self, type_) for type_ in DeviceType if getattr(self, type_)}

    def check(self) -> Iterator[tuple[str, Message]]:
        """Something is shipped, or there is a reason why not."""
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
    refused_at={DAY_IN_FUTURE: "done_on"},
):
    """Make the draft a trial."""

    set_up: str = choose(
        N_("Who sets up the services, and when?"),
        (("now", N_("We set them up now")), ("later", N_("Later, or the customer sets them up"))),
        expanded=True,
        default="later",
    )
    done_on: date | None = day(
        N_("Already done in Partner Hub on"),
        required=False,
        hint=N_("Leave empty if it isn't done there yet."),
    )


class StartBack(OnDraft, key="start.back", submit=N_("Back")):
    """Go back one card; what was typed on this one is kept as it is."""

    step: FormStep = carried()
    typed: Mapping[str, str] = rest()


class StartPrivately(OnDraft, key="start.privately", submit=N_("Continue in a private chat")):
    """Go on one to one; what was typed on this card is kept as it is."""

    step: FormStep = carried()
    typed: Mapping[str, str] = rest()


class StartDrop(OnDraft, key="start.drop", submit=N_("Discard draft")):
    """Throw the draft away."""


class StartGoOn(Form, key="start.go-on", submit=N_("Continue")):
    """Go on with one's draft."""

    draft: int = carried()


class StartAnew(Form, key="start.anew", submit=N_("Start over")):
    """Begin an empty draft in a space's stead of the one there is."""

    space: int = carried()


class StartCopy(Form, key="start.copy", submit=N_("Continue with a copy")):
    """Go on with a copy of a colleague's draft."""

    draft: int = carried()


class StartWhere(Form, key="start.where", title=N_("Start a trial"), submit=N_("Next")):
    """Choose the partner and space that a trial is started for, one to one."""

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
    """What to lay over a draft's values: the form in the words of a new trial, as JSON.

    Whatever stood typed on that card before is forgotten.
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
        case StartServices():
            words |= _services_kept(form, values)
        case StartDevices():
            words = _devices_kept(form, values)
    typed = {name: texts for name, texts in values.get(TYPED, {}).items() if name != step}
    return {**words, TYPED: typed}


def kept_back(form: StartBack | StartPrivately, values: Mapping[str, Any]) -> dict[str, Any]:
    """What to lay over a draft's values when a card is left: its texts, unchecked."""
    return {TYPED: {**values.get(TYPED, {}), form.step: dict(form.typed)}}


def _services_kept(form: StartServices, values: Mapping[str, Any]) -> dict[str, Any]:
    """Clearing Meetings drops its options and its site, clearing devices what was to be shipped."""
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
        # A reason that was chosen once can't be taken back in Webex: what is entered counts.
        "skip_reason": None if form.to_ship else form.skip_reason,
    }


def filled(step: FormStep, values: Mapping[str, Any]) -> dict[str, Any]:
    """What stands on a card when it is drawn: as typed before going back, else as kept."""
    if typed := values.get(TYPED, {}).get(step):
        return dict(typed)
    known = {name: value for name, value in values.items() if name in FORMS[step].fields}
    if step is FormStep.DEVICES:
        for type_, shipped in values.get("to_ship", {}).items():
            known[type_] = tuple(shipped["models"].items())
    return {name: _from_json(value) for name, value in known.items()}


def step_of(form: type[Form]) -> FormStep:
    """The card on which a form stands."""
    return next(step for step, known in FORMS.items() if form is known)


def wrong(step: FormStep, values: Mapping[str, Any], name: str, message: Message) -> Invalid:
    """A card of the row as it is kept, with what turned out to be wrong in one field."""
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
