"""Adding and removing services of a running trial, and changing its licences."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from cards.features.start_forms import MANY_LICENCES
from cards.kit.behind import Behind, behind
from cards.kit.fields import FILL_IN
from cards.kit.forms import Form, Invalid, carried, choose_many, day, number, tick
from cards.kit.headline import services_of
from cards.kit.history import tells
from cards.kit.kit import Card
from cards.kit.offers import offers
from cards.kit.open_changes import reads
from cards.kit.places import site, time_zone
from cards.kit.refusals import explains, wrong_day
from cards.kit.rules import on_trial
from cards.kit.sheet import sheet
from cards.kit.words import N_, Md, Message, Words, bullets, paragraphs, spaced
from store.features.services import (
    CHANGE_LICENCES,
    CHANGE_SERVICES,
    LICENCE_CHANGE,
    LICENCES_ASKED,
    LICENCES_CHANGED,
    SERVICE_CHANGE,
    SERVICES_ASKED,
    SERVICES_CHANGED,
    Changed,
)
from store.features.start import SITE_TAKEN
from store.rules.eligibility import LAST_SERVICE, SERVICE_BOUGHT, SERVICE_TAKEN, TAKES_AWAY
from store.tables import HubTask, Trial, id_of
from store.terms import Kind, MeetingsOption, Service

offers("services", N_("Services…"), CHANGE_SERVICES, place=50)

_LATER = N_("Leave empty if it isn't done there yet.")


class SetServices(
    Form,
    key="trial.services",
    rule=on_trial(CHANGE_SERVICES),
    title=N_("Trial services"),
    submit=N_("Save services"),
    refused_at={
        **wrong_day("done_on"),
        LAST_SERVICE: "services",
        TAKES_AWAY: "sure",
        SERVICE_TAKEN: "services",
        SERVICE_BOUGHT: "bought",
        SITE_TAKEN: "site",
    },
):
    """Set a trial's services; any others are removed."""

    trial: int = carried()
    version: int = carried()
    services: tuple[Service, ...] = choose_many(N_("Services"), Service, required=False)
    meetings_options: tuple[MeetingsOption, ...] = choose_many(
        N_("Meetings options"), MeetingsOption, required=False
    )
    site: str = site(N_("Site URL (Enterprise Edition)"), required=False)
    site_time_zone: str = time_zone(N_("Site time zone"), required=False)
    locations: int | None = number(N_("Number of Calling locations"), max=1000, required=False)
    bought: tuple[Service, ...] = choose_many(
        N_("Services the customer owns"), Service, required=False
    )
    trialled: tuple[Service, ...] = choose_many(
        N_("Services on trial with another partner (see Partner Hub)"), Service, required=False
    )
    done_on: date | None = day(N_("Done in Partner Hub on"), required=False, hint=_LATER)
    sure: bool = tick(N_("Yes, remove it"))

    def check(self) -> Iterator[tuple[str, Message]]:
        """Require the site and its time zone for Enterprise Edition."""
        meetings = Service.MEETINGS in self.services
        if meetings and MeetingsOption.ENTERPRISE in self.meetings_options:
            for name in ("site", "site_time_zone"):
                if not getattr(self, name):
                    yield name, Message(FILL_IN)


class SetLicences(
    Form,
    key="trial.licences",
    rule=on_trial(CHANGE_LICENCES),
    title=N_("Licences"),
    submit=N_("Save licences"),
    refused_at=wrong_day("done_on"),
):
    """Change the number of licences per service."""

    trial: int = carried()
    version: int = carried()
    licences: int = number(N_("Licences per service"), min=1, max=100_000)
    device_licences: int | None = number(N_("Device licences"), max=1000, required=False)
    many: bool = tick(N_("I need more than 1,000 licences"))
    done_on: date | None = day(N_("Done in Partner Hub on"), required=False, hint=_LATER)

    def check(self) -> Iterator[tuple[str, Message]]:
        """Require a tick for more than 1000 licences."""
        if self.licences > MANY_LICENCES and not self.many:
            yield "many", Message(N_("That's unusual. Tick this box to confirm."))


def services_card(
    trial: Trial, *, words: Words, today: date, said: str = "", problem: Invalid | None = None
) -> Card:
    """Show the trial's services for changing; removing something needs confirmation."""
    licences = _licences(trial, words, problem)
    asks = problem is not None and "sure" in problem.messages
    hidden = set() if asks else {"sure"}
    if trial.kind is Kind.NEW:
        hidden |= {"bought", "trialled"}
    return sheet(
        SetServices,
        trial,
        words,
        today,
        meaning=[_now(trial, words)],
        care=_losses(trial, problem.values, words) if problem and asks else (),
        said=said,
        problem=problem,
        values=_values(trial),
        only=set(SetServices.fields) - hidden,
        below=[licences.opened],
        more=[licences.button],
    )


def _licences(trial: Trial, words: Words, problem: Invalid | None) -> Behind:
    asks = problem is not None and "many" in problem.messages
    hidden = set() if asks else {"many"}
    if Service.DEVICES not in services_of(trial):
        hidden |= {"device_licences"}
    return behind(
        SetLicences,
        words,
        scope="licences",
        values={"licences": trial.licences, "device_licences": trial.device_licences},
        problem=problem,
        only=set(SetLicences.fields) - hidden,
        trial=id_of(trial),
        version=trial.version,
    )


def _losses(trial: Trial, typed: Mapping[str, str], words: Words) -> Iterator[Md]:
    """Yield what is lost with each removal."""
    wanted = typed.get("services", "").split(",")
    gone = [service for service in services_of(trial) if service not in wanted]
    for service in gone:
        yield words(
            "{service}: {loss}", service=words.service(service), loss=words(LOSSES[service])
        )
    if trial.site and Service.MEETINGS not in gone and not _enterprise(typed):
        yield words("The site {site} is lost, and others can claim it at once.", site=trial.site)


def _enterprise(typed: Mapping[str, str]) -> bool:
    return MeetingsOption.ENTERPRISE in typed.get("meetings_options", "").split(",")


LOSSES: Mapping[Service, str] = {
    Service.MESSAGING: N_("users lose their spaces."),
    Service.MEETINGS: N_("the Meetings site and its recordings are lost."),
    Service.CALLING: N_("it stops at once, and I'll stop reminding you of its numbers."),
    Service.DEVICES: N_("devices lose their registration; shipped ones must still be returned."),
}


def _values(trial: Trial) -> dict[str, Any]:
    return {
        "services": services_of(trial),
        "meetings_options": trial.meetings_options,
        "site": trial.site,
        "site_time_zone": trial.site_time_zone,
        "locations": trial.locations or None,
    }


def _now(trial: Trial, words: Words) -> Md:
    chosen = services_of(trial)
    return spaced(
        words(
            "Now: {services}, with {licences} licences each.",
            services=words.services(chosen),
            licences=trial.licences,
        ),
        words("Device licences: {n}.", n=trial.device_licences)
        if Service.DEVICES in chosen
        else "",
    )


# ------------------------------------------------------------------ summary of a change


def changed(said: Changed, words: Words) -> Md:
    """List what changes, old and new, with a line for each fact as recorded in the history."""
    lines = [_line(name, said.before[name], said.after[name], words) for name in said.before]
    heading = "" if said.done else words("Wanted, not yet confirmed in Partner Hub:")
    if len(lines) > 1:
        return paragraphs(heading, bullets(lines))
    return spaced(heading, *lines)


def _wanted_services(trial: Trial, task: HubTask, words: Words, today: date) -> Md:
    return words("wanted: {services}", services=words.services(task.facts["services"]))


def _wanted_licences(trial: Trial, task: HubTask, words: Words, today: date) -> Md:
    return words("wanted: {n} licences", n=task.facts["licences"])


reads(
    SERVICE_CHANGE,
    N_("Change the services"),
    wanted=_wanted_services,
    give_up=N_("Keep the services"),
)
reads(
    LICENCE_CHANGE,
    N_("Change the licences"),
    wanted=_wanted_licences,
    give_up=N_("Keep the licences"),
)


def _line(name: str, old: Any, new: Any, words: Words) -> Md:
    said = (_said(name, value, words) or words("none") for value in (old, new))
    from_, to = said
    return words("{what}: {old} → {new}", what=words(_NAMES[name]), old=from_, new=to)


def _said(name: str, value: Any, words: Words) -> Md:
    if name == "services":
        return words.services(value)
    if name == "meetings_options":
        return words.join([words.term(MeetingsOption, option) for option in value])
    return words.fact(value)


_NAMES: Mapping[str, str] = {
    "services": N_("Services"),
    "meetings_options": N_("Meetings options"),
    "site": N_("Site URL"),
    "site_time_zone": N_("Site time zone"),
    "locations": N_("Calling locations"),
    "licences": N_("Licences"),
    "device_licences": N_("Device licences"),
}


# ------------------------------------------------------------------ refusals

explains(
    SERVICE_TAKEN,
    N_("{services}: already on trial with this customer. Remove it to continue."),
    N_("A service you chose is already on trial with this customer. Remove it to continue."),
)
explains(
    SERVICE_BOUGHT,
    N_("{services}: already owned by the customer. Remove it to continue."),
    N_("The customer already owns a service you chose. Remove it to continue."),
)
explains(TAKES_AWAY, N_("This removes services or the Meetings site. Tick the box to confirm."))
explains(
    LAST_SERVICE, N_("A trial needs at least one service. To end it, cancel it or let it expire.")
)


# ------------------------------------------------------------------ history

tells(
    SERVICES_ASKED,
    N_("{who} asked to change the services: {old_services} → {services}"),
    N_("{who} asked to change the services"),
)
tells(
    LICENCES_ASKED,
    N_("{who} asked to change the licences: {old_licences} → {licences}"),
    N_("{who} asked to change the licences"),
)
tells(
    SERVICES_CHANGED,
    N_("{who} changed the services: {old_services} → {services}"),
    N_("{who} changed the services"),
)
tells(
    LICENCES_CHANGED,
    N_("{who} changed the licences: {old_licences} → {licences}"),
    N_("{who} changed the licences"),
)
