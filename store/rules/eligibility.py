"""What a customer may trial: nothing bought, and nothing that another trial holds."""

from collections.abc import Iterable

from store.refusals import Reason, Refused
from store.rules import spelling
from store.rules.spelling import organisation
from store.terms import Service

SERVICE_TAKEN = Reason("service-taken")
SERVICE_BOUGHT = Reason("service-bought")
TAKES_AWAY = Reason("takes-away")
LAST_SERVICE = Reason("last-service")


WEBEX_DOMAIN = ".webex.com"


def reservations(
    services: Iterable[Service], site: str, administrator: str, organisation_id: str
) -> list[str]:
    """The keys that only one live trial may hold, sorted (docs/domain.md#eligibility).

    `site:<url>`, and one key per service for the administrator's address and, if known, for the
    organisation. Different spellings of the same thing give the same key.
    """
    customer = holders(administrator, organisation_id)
    return keys_of(services, customer, site_url(site) if site.strip() else "")


def holders(administrator: str, organisation_id: str) -> list[str]:
    """What stands for a customer in those keys: the address and, if known, the organisation."""
    found = [f"email:{address(administrator)}"] if administrator.strip() else []
    if organisation_id.strip():
        found.append(f"org:{organisation(organisation_id).lower()}")
    return found


def keys_of(services: Iterable[Service], holders: Iterable[str], site: str) -> list[str]:
    """The keys of `reservations`, from a customer's `holders` and a site in its normal form."""
    keys = {f"{holder}:{service}" for holder in holders for service in services}
    return sorted({*keys, f"site:{site}"} if site else keys)


def site_url(text: str) -> str:
    """A Meetings site as `<name>.webex.com`, from a name, a host or a full URL."""
    host = spelling.sought(text).lower().removeprefix("https://").removeprefix("http://")
    host = host.split("/", 1)[0].rstrip(".")
    return host if "." in host else host + WEBEX_DOMAIN


def address(text: str) -> str:
    """Normalise an e-mail address for comparison: without its frame, ignoring case."""
    return spelling.address(text).casefold()


def check_services(services: Iterable[Service]) -> None:
    """Refuse a trial without services (docs/domain.md#services)."""
    if not set(services):
        raise Refused(LAST_SERVICE)


def check_kept(
    old: Iterable[Service], wanted: Iterable[Service], *, loses_site: bool, sure: bool
) -> None:
    """Refuse to remove services or the Meetings site unless `sure`."""
    if (set(old) - set(wanted) or loses_site) and not sure:
        raise Refused(TAKES_AWAY)


def check_bought(services: Iterable[Service], bought: Iterable[Service]) -> None:
    """Refuse services that the customer has bought (docs/domain.md#eligibility)."""
    if taken := both(services, bought):
        raise Refused(SERVICE_BOUGHT, services=taken)


def check_trialled(services: Iterable[Service], trialled: Iterable[Service]) -> None:
    """Refuse services that Partner Hub shows as another partner's trial.

    Rule: docs/domain.md#eligibility.
    """
    if taken := both(services, trialled):
        raise Refused(SERVICE_TAKEN, services=taken)


def lost_services(trial: Iterable[Service], on_order: Iterable[Service]) -> tuple[Service, ...]:
    """The trial's services that the paid order leaves out: they will be lost.

    Rule: docs/domain.md#services-on-the-order.
    """
    ordered = set(on_order)
    return tuple(service for service in _in_order(trial) if service not in ordered)


def both(one: Iterable[Service], other: Iterable[Service]) -> tuple[Service, ...]:
    """The services in both, in the order of `Service`."""
    others = set(other)
    return tuple(service for service in _in_order(one) if service in others)


def _in_order(services: Iterable[Service]) -> list[Service]:
    wanted = set(services)
    return [service for service in Service if service in wanted]
