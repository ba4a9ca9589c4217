"""Messages to a customer's administrator in a private chat, in their own language."""

from collections.abc import Iterator, Mapping

from cards.features.shared.trial import unreachable
from cards.kit import kit
from cards.kit.forms import Form, carried
from cards.kit.history import tells
from cards.kit.kit import Card
from cards.kit.links import CONTROL_HUB
from cards.kit.reminding import reminds
from cards.kit.rules import for_the_customer
from cards.kit.words import N_, Md, Words, bold, paragraphs, spaced
from store.features.customer_notices import (
    CUSTOMER_DEVICE,
    CUSTOMER_DEVICE_7,
    CUSTOMER_END,
    CUSTOMER_MAILED,
    CUSTOMER_MINUS_7,
    CUSTOMER_UNREACHABLE,
    MAIL_REFUSED,
    NOTICES_SWITCHED,
    UNREACHABLE,
)
from store.rules import dates
from store.rules.countries import CARRIERS, ReturnGroup, return_group
from store.rules.reminder_kinds import ReminderKind, Topic
from store.tables import Person, Shipment, Trial, id_of
from store.terms import DeviceType


class WantToBuy(Form, key="customer.buy", rule=for_the_customer(), submit=N_("I want to buy")):
    """The customer's administrator wants to buy; the partner's space is notified."""

    trial: int = carried()


class StopNotices(
    Form, key="customer.stop", rule=for_the_customer(), submit=N_("Stop these messages")
):
    """The customer's administrator wants no more of these messages."""

    trial: int = carried()


CUSTOMER_NOTICES: Mapping[ReminderKind, str] = {
    CUSTOMER_MINUS_7: N_(
        "Your Webex trial expires on {ends}. To keep the services, tell {partner} or buy"
        " them yourself."
    ),
    CUSTOMER_END: N_(
        "{ends} is the last day of your Webex trial. You can still buy the services until {grace}."
    ),
    CUSTOMER_DEVICE: N_(
        "Your Webex device trial ({devices}) ends on {expires}. The devices are due back"
        " at Cisco by {due}."
    ),
    CUSTOMER_DEVICE_7: N_(
        "Your Webex trial devices ({devices}) are due back at Cisco by {due}. Please book"
        " the pick-up now."
    ),
}


def customer_notice(
    kind: ReminderKind,
    trial: Trial,
    words: Words,
    *,
    contact: Person | None = None,
    shipment: Shipment | None = None,
) -> Card:
    """Build a message to the customer; `contact`: the person at the partner to ask."""
    said = _said(kind, trial, words, shipment)
    service = kind.topic is Topic.SERVICE
    how = _how(trial, shipment, words) if shipment and not service else Md("")
    ask = ask_whom(trial, words, contact)
    title = words("Webex trial for {company}", company=trial.customer.company)
    buttons = [
        WantToBuy.button(words, style="positive", trial=id_of(trial)) if service else None,
        kit.link(words("Buy in Control Hub"), CONTROL_HUB) if service else None,
        StopNotices.button(words, trial=id_of(trial)),
    ]
    elements = [
        kit.header(title, trial.partner.name),
        kit.text(said),
        kit.small(words("In Control Hub, you'll find *Purchase* on the subscription page."))
        if service
        else None,
        kit.text(how) if how else None,
        _serials(shipment, words) if shipment and not service else None,
        kit.small(ask),
    ]
    return kit.card(words, paragraphs(bold(title), said, how, ask), elements, buttons)


def missing_fact(kind: ReminderKind, trial: Trial, words: Words, shipment: Shipment | None) -> str:
    """Return the name of a fact that the text needs and the trial lacks; "" if none."""
    try:
        words(CUSTOMER_NOTICES[kind], **_facts(trial, words, shipment))
    except KeyError as unknown:
        return str(unknown.args[0])
    return ""


def _said(kind: ReminderKind, trial: Trial, words: Words, shipment: Shipment | None) -> Md:
    if missing_fact(kind, trial, words, shipment):
        return words("Please ask {partner} what is next for it.", partner=trial.partner.name)
    return words(CUSTOMER_NOTICES[kind], **_facts(trial, words, shipment))


def _facts(trial: Trial, words: Words, shipment: Shipment | None) -> dict[str, object]:
    facts: dict[str, object] = {"partner": trial.partner.name}
    if trial.ends is not None:
        facts |= {"ends": trial.ends, "grace": dates.grace_end(trial.ends)}
    if shipment is not None and shipment.expires_on is not None:
        facts |= {
            "devices": words.term(DeviceType, shipment.type),
            "expires": shipment.expires_on,
            "due": dates.due_back(shipment.expires_on),
        }
    return facts


def _how(trial: Trial, shipment: Shipment, words: Words) -> Md:
    """Say how the customer returns the devices."""
    group = return_group(shipment.country)
    if group not in CARRIERS:
        return words("{partner} will tell you how to return them.", partner=trial.partner.name)
    label = words("Each box contains a return label. Please keep the packaging.")
    return spaced(
        label if group is ReturnGroup.US else "",
        words("Please call {carrier} to arrange the pick-up.", carrier=CARRIERS[group]),
    )


def _serials(shipment: Shipment, words: Words) -> kit.Element | None:
    out = [row.serial for row in shipment.serials if row.returned_on is None]
    if not out:
        return None
    return kit.small(words("Serial numbers: {serials}", serials=words.join(out[:40])))


def ask_whom(trial: Trial, words: Words, contact: Person | None) -> Md:
    """Name the partner, and a person there to ask if known."""
    if contact is None:
        return words("Questions? Contact {partner}.", partner=trial.partner.name)
    return words(
        "Questions? Contact {person} ({email}) at {partner}.",
        person=words.name(contact),
        email=contact.email,
        partner=trial.partner.name,
    )


def thanks_for_interest(trial: Trial, words: Words) -> Card:
    """Build the customer's card after *I want to buy*."""
    said = words(
        "Thank you. I've let {partner} know, and they'll get in touch.", partner=trial.partner.name
    )
    title = words("Webex trial for {company}", company=trial.customer.company)
    link = kit.link(words("Buy in Control Hub"), CONTROL_HUB)
    return kit.card(words, said, [kit.header(title), kit.text(said)], [link])


def stopped(trial: Trial, words: Words) -> Card:
    """Build the customer's card after *Stop these messages*."""
    said = words("You won't get any more of these messages about this trial.")
    title = words("Webex trial for {company}", company=trial.customer.company)
    return kit.card(words, said, [kit.header(title), kit.text(said)])


# ------------------------------------------------------------------ reminders


def _unreachable(trial: Trial, words: Words) -> Iterator[Md]:
    yield unreachable(trial, words)


reminds(UNREACHABLE, N_("the customer can't be reached in Webex"), beside=_unreachable)


# ------------------------------------------------------------------ history

tells(
    NOTICES_SWITCHED,
    N_("{address} turned customer notices {on}"),
    N_("{who} turned customer notices {on}"),
    N_("{who} turned customer notices on or off"),
)
tells(CUSTOMER_UNREACHABLE, N_("Webex couldn't reach the customer's administrator"))
tells(
    CUSTOMER_MAILED,
    N_("The customer's notices now go to {address} by e-mail"),
    N_("The customer's notices now go by e-mail"),
)
tells(
    MAIL_REFUSED,
    N_("An e-mail with the customer's notice to {address} couldn't be delivered"),
    N_("An e-mail with the customer's notice couldn't be delivered"),
)
