"""A trial's card: its status today, warnings, what to do next, and what the viewer may do."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain

from cards.features.access import access_box
from cards.features.partner_hub import to_do, to_do_line, undo_button
from cards.features.shared.timeline import stops, timeline, timeline_text
from cards.kit import kit
from cards.kit.forms import Invalid
from cards.kit.headline import CISCO_COUNTS_IN_UTC, header, headline, services_of, time_left
from cards.kit.kit import Action, ButtonStyle, Card, Element
from cards.kit.links import PARTNER_HUB
from cards.kit.offers import offered
from cards.kit.word import word_button
from cards.kit.words import N_, Md, Words, dotted, escape, paragraphs
from store.features.customer_notices import is_mailed
from store.rules import dates, rights, statuses
from store.rules.hub import open_changes
from store.tables import HubTask, Person, Shipment, Trial
from store.terms import (
    Access,
    CancelledBy,
    DeviceType,
    Kind,
    MeetingsOption,
    Outcome,
    Role,
    Service,
    SkipReason,
    Status,
)

LOST_AFTER_GRACE = N_(
    "After the grace period, these can't be restored: licences, the Meetings site URL,"
    " administrator roles, the Calling configuration and user memberships."
)


def trial_card(
    trial: Trial,
    *,
    role: Role | None,
    own: bool,
    words: Words,
    today: date,
    actors: Sequence[Person] = (),
    problem: Invalid | None = None,
    said: str = "",
    undo: HubTask | None = None,
) -> Card:
    """Build a trial's card for a viewer with this role.

    `own`: the viewer started the trial or is assigned to it. `actors`: the people who may change
    it. `said`: what has just happened, shown at the top. `problem`: what was wrong with a form on
    this card. `undo`: the confirmation that can still be taken back.
    """
    may_change = rights.may(role, rights.Action.CHANGE, own=own)
    found = stops(trial, words, today)
    fallback = paragraphs(
        said,
        headline(trial, words, today),
        _dates_line(trial, words),
        timeline_text(found, words),
        to_do_line(trial, words),
    )
    elements = [
        kit.text(said) if said else None,
        kit.buttons([undo_button(trial, undo, words)]) if undo and may_change else None,
        header(trial, words, today),
        *timeline(found),
        *warnings(trial, words, today, actors),
        access_box(trial, words, today, may_change=may_change, problem=problem),
        *to_do(trial, words, today, may_change=may_change, problem=problem),
        kit.facts(_main_facts(trial, words, today)),
        kit.buttons([kit.show(words("Details"), [kit.facts(_details(trial, words, actors))])]),
        kit.small(words(CISCO_COUNTS_IN_UTC)) if time_left(trial, words, today) else None,
    ]
    return kit.card(words, fallback, elements, _buttons(trial, role, own, words, today))


# ------------------------------------------------------------------ warnings


def warnings(
    trial: Trial, words: Words, today: date, actors: Sequence[Person] = ()
) -> Iterator[Element]:
    """Yield the warnings for today."""
    yield from chain(
        _about_the_end(trial, words, today), _about_people(trial, words, today, actors)
    )


def _about_the_end(trial: Trial, words: Words, today: date) -> Iterator[Element]:
    status = statuses.status(trial, today)
    if status is Status.GRACE and trial.ends is not None:
        yield kit.notice(
            words(
                "Expired. You can still convert it to paid until {day}.",
                day=dates.grace_end(trial.ends),
            ),
            "attention",
        )
        yield kit.notice(words(LOST_AFTER_GRACE), "warning")
        if Service.CALLING in services_of(trial):
            yield kit.notice(words("External calls may already be suspended."))
    if status in (Status.ACTIVE, Status.GRACE) and trial.ordered_on:
        yield kit.notice(
            words("Ordered on {day}, not provisioned yet.", day=trial.ordered_on), "accent"
        )
    if status in (Status.ACTIVE, Status.GRACE) and trial.handed_over_on:
        yield kit.notice(
            words("Handed over to the distributor on {day}.", day=trial.handed_over_on), "accent"
        )
    if status in statuses.LIVE and trial.let_go:
        yield kit.notice(
            words("You're letting this trial expire: I'll only remind you of the final deadlines."),
            "default",
        )
    if status in statuses.LIVE and trial.interest_on and not trial.ordered_on:
        yield kit.notice(
            words("The customer asked to buy on {day}.", day=trial.interest_on), "good"
        )


def _about_people(
    trial: Trial, words: Words, today: date, actors: Sequence[Person]
) -> Iterator[Element]:
    if statuses.status(trial, today) not in statuses.LIVE:
        return
    if trial.customer_unreachable:
        yield kit.notice(unreachable(trial, words))
    if len(actors) == 1:
        yield kit.notice(
            words(
                "Only {person} can change this trial. Assign someone else as well, to"
                " cover absences.",
                person=words.name(actors[0]),
            )
        )


def unreachable(trial: Trial, words: Words) -> Md:
    """Say that Webex can't reach the customer's administrator, and what happens instead."""
    address = trial.customer.administrator
    if is_mailed(trial):
        return words(
            "I can't reach {address} in Webex, so the customer gets my messages by e-mail.",
            address=address,
        )
    return words(
        "I can't reach {address} in Webex, so the customer isn't getting any messages from me.",
        address=address,
    )


# ------------------------------------------------------------------ facts


def _main_facts(trial: Trial, words: Words, today: date) -> Iterable[tuple[str, str | None]]:
    """Return the services and every date; empty values aren't shown."""
    services = (words("Services"), words.services(services_of(trial)))
    return chain(
        [services],
        _dates(trial, words, today),
        (_shipment(shipment, words) for shipment in trial.shipments),
    )


def _details(
    trial: Trial, words: Words, actors: Sequence[Person]
) -> Iterable[tuple[str, str | None]]:
    """Return what else is known: it stays folded until somebody wants to see it."""
    return chain(_what(trial, words), _who(trial, words, actors))


def _what(trial: Trial, words: Words) -> Iterator[tuple[str, str | None]]:
    chosen = services_of(trial)
    options = [words.term(MeetingsOption, option) for option in trial.meetings_options]
    yield words("Licences"), words("{n} per service", n=trial.licences)
    if Service.DEVICES in chosen:
        yield words("Device licences"), words.number(trial.device_licences)
    yield words("Meetings"), dotted(words.join(options), trial.site, trial.site_time_zone)
    if Service.CALLING in chosen and trial.locations:
        yield words("Calling locations"), words.number(trial.locations)
    if trial.skip_reason:
        yield words("No shipment"), words.term(SkipReason, trial.skip_reason)


def _dates(trial: Trial, words: Words, today: date) -> Iterator[tuple[str, str | None]]:
    status = statuses.status(trial, today)
    if status is Status.PENDING_CONSENT and trial.asked_on is not None:
        yield words("Consent requested"), words.day(trial.asked_on)
        yield words("Consent deadline"), words.day(dates.consent_deadline(trial.asked_on))
    elif trial.accepted_on:
        yield words("Consent given"), words.day(trial.accepted_on)
    if trial.provisioned_on:
        yield words("Provisioned"), words.day(trial.provisioned_on)
    planned = status in statuses.PENDING
    label = words("Planned first day") if planned else words("First day")
    yield label, words.day(trial.first_day)
    if trial.ends:
        yield words("Ends on"), words.day(trial.ends)
        if status in (Status.ACTIVE, Status.GRACE):
            yield words("Grace ends on"), words.day(dates.grace_end(trial.ends))
    elif status is not Status.CANCELLED:
        yield words("Duration"), words.days(trial.duration)
    if trial.extensions:
        yield words("Extensions"), words.number(trial.extensions)
    yield from _how_it_ended(trial, words, status)


def _how_it_ended(trial: Trial, words: Words, status: Status) -> Iterator[tuple[str, str | None]]:
    if status is Status.CONVERTED and trial.converted_on:
        yield words("Converted"), words.day(trial.converted_on)
    if status is Status.ENDED and trial.ends:
        yield words("Grace ended on"), words.day(dates.grace_end(trial.ends))
    if status is Status.CANCELLED:
        on = words.day(trial.cancelled_on) if trial.cancelled_on else ""
        by = trial.cancelled_by or ("" if on else CancelledBy.NO_CONSENT)
        yield words("Cancelled"), dotted(on, words.term(CancelledBy, by) if by else "")
    if trial.order_number:
        yield words("Order number"), escape(trial.order_number)
    if trial.outcome:
        yield words("Reason"), dotted(words.term(Outcome, trial.outcome), trial.outcome_note)


def _who(trial: Trial, words: Words, actors: Sequence[Person]) -> Iterator[tuple[str, str | None]]:
    customer = trial.customer
    yield words("Customer"), dotted(words.kind(trial.kind), words.country(customer.country))
    yield words("Administrator"), escape(customer.administrator)
    yield words("Organisation ID"), escape(customer.organisation_id)
    if trial.kind is Kind.EXISTING and trial.accepted_on:
        yield words("Your access"), words.term(Access, trial.access)
    yield words("Customer notices"), words("on") if trial.customer_notices else words("off")
    yield words("Managed by"), words.join([words.name(person) for person in actors])


def _shipment(shipment: Shipment, words: Words) -> tuple[str, str]:
    models = [f"{name} × {n}" for name, n in shipment.models.items()]
    label = words.term(DeviceType, shipment.type)
    return label, dotted(words.join(models), due_line(shipment, words))


def due_line(shipment: Shipment, words: Words) -> Md:
    """Return the day by which a shipment is due back, or why it isn't known."""
    if dates.all_back(shipment):
        return words("all returned")
    if shipment.expires_on is None:
        return words("due date unknown: see the EULA e-mail")
    return words("due back by {day}", day=dates.due_back(shipment.expires_on))


def _dates_line(trial: Trial, words: Words) -> Md:
    if trial.ends is None:
        return Md("")
    grace = dates.grace_end(trial.ends)
    return words("Ends on {day}; grace ends on {grace}.", day=trial.ends, grace=grace)


# ------------------------------------------------------------------ buttons


def _buttons(
    trial: Trial, role: Role | None, own: bool, words: Words, today: date
) -> Iterator[Action]:
    """Yield the buttons; the likeliest is coloured, unless an open change has the coloured one."""
    live = statuses.status(trial, today) in statuses.LIVE
    colored = live and not open_changes(trial)
    for offer in offered(trial, role, own, today):
        next_step = colored and offer.change is not None
        colored = colored and not next_step
        style: ButtonStyle | None = "positive" if next_step else None
        yield word_button(words, offer.title, offer.word, trial, style=style)
    yield kit.link(words("Open Partner Hub"), PARTNER_HUB)
