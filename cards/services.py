"""Adding and taking away services of a running trial, and changing its licences."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from cards.behind import behind
from cards.fields import FILL_IN
from cards.forms import Form, Invalid, carried, choose_many, day, number, tick
from cards.headline import services_of
from cards.kit import Card
from cards.places import site, time_zone
from cards.sheet import sheet
from cards.words import N_, Md, Message, Words, bullets
from store.tables import Trial, id_of
from store.terms import Kind, MeetingsOption, Service

_LATER = N_("Leave it empty if it is still to be done there.")


class SetServices(Form, key="trial.services", title=N_("Services of the trial")):
    """Give a trial these services, no others."""

    trial: int = carried()
    version: int = carried()
    services: tuple[Service, ...] = choose_many(N_("Services"), Service)
    meetings_options: tuple[MeetingsOption, ...] = choose_many(
        N_("For Meetings"), MeetingsOption, required=False
    )
    site: str = site(N_("Site URL (Enterprise Edition)"), required=False)
    site_time_zone: str = time_zone(N_("Time zone of the site"), required=False)
    locations: int | None = number(N_("For Calling: number of locations"), max=1000, required=False)
    bought: tuple[Service, ...] = choose_many(
        N_("The customer has bought"), Service, required=False
    )
    trialled: tuple[Service, ...] = choose_many(
        N_("Another partner is trialling (Partner Hub shows it)"), Service, required=False
    )
    done_on: date | None = day(N_("Done in Partner Hub on"), required=False, hint=_LATER)
    sure: bool = tick(N_("Yes, take it away"))

    def check(self) -> Iterator[tuple[str, Message]]:
        """Enterprise Edition needs its site and the site's time zone."""
        if MeetingsOption.ENTERPRISE in self.meetings_options:
            for name in ("site", "site_time_zone"):
                if not getattr(self, name):
                    yield name, Message(FILL_IN)


class SetLicences(Form, key="trial.licences", title=N_("Licences")):
    """Change how many licences each service has."""

    trial: int = carried()
    version: int = carried()
    licences: int = number(N_("Licences of each service"), min=1, max=100_000)
    device_licences: int = number(N_("Device licences"), max=1000)
    done_on: date | None = day(N_("Done in Partner Hub on"), required=False, hint=_LATER)


def services_card(
    trial: Trial, *, words: Words, today: date, said: str = "", problem: Invalid | None = None
) -> Card:
    """What the trial has, to be changed; taking something away asks once more."""
    licences = behind(
        SetLicences,
        words,
        scope="licences",
        values={"licences": trial.licences, "device_licences": trial.device_licences},
        problem=problem,
        trial=id_of(trial),
        version=trial.version,
    )
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
        said=said,
        problem=problem,
        values=_values(trial),
        only=set(SetServices.fields) - hidden,
        below=[licences.opened],
        more=[licences.button],
    )


def will_be_lost(trial: Trial, wanted: Iterable[Service], words: Words) -> Message | None:
    """What taking services away loses, to be said at the tick; nothing if none is taken away."""
    gone = [service for service in services_of(trial) if service not in set(wanted)]
    if not gone:
        return None
    losses = [words(LOSSES[service]) for service in gone]
    return Message(
        N_("{services} will be taken away. {losses} Tick this if you mean it."),
        {"services": words.services(gone), "losses": Md(" ".join(losses))},
    )


LOSSES: Mapping[Service, str] = {
    Service.MESSAGING: N_("Users lose Messaging."),
    Service.MEETINGS: N_("The Meetings site and its recordings are lost."),
    Service.CALLING: N_("Calling stops, and its numbers are no longer reminded of."),
    Service.DEVICES: N_("Devices lose their registration; shipped ones stay due."),
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
    return words(
        "Now: {services}, {licences} licences of each, {devices} for devices.",
        services=words.services(services_of(trial)),
        licences=trial.licences,
        devices=trial.device_licences,
    )


def changed(before: Mapping[str, Any], trial: Trial, words: Words) -> Md:
    """What was changed, from and to; `before`: services and licences as they were."""
    was = words.services(before["services"])
    return bullets(
        [
            words("Services: {old} → {new}", old=was, new=words.services(services_of(trial))),
            words("Licences: {old} → {new}", old=before["licences"], new=trial.licences),
        ]
    )
