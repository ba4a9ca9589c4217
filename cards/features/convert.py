"""Converting to paid: the checklist, the order or the handover, then provisioning."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from cards.features.partner_hub import step_words
from cards.kit import kit
from cards.kit.behind import Behind, behind
from cards.kit.fields import Choices
from cards.kit.forms import Form, Invalid, carried, choose, choose_many, day, email, text
from cards.kit.headline import header, headline, services_of
from cards.kit.history import tells
from cards.kit.kit import Card, Element
from cards.kit.offers import offers
from cards.kit.open_changes import reads
from cards.kit.refusals import explains, wrong_day
from cards.kit.reminding import reminds
from cards.kit.rules import on_trial
from cards.kit.word import word_button
from cards.kit.words import N_, Md, Words, dotted, paragraphs, spaced
from store.features.convert import (
    CONVERSION,
    CONVERT,
    CONVERTED,
    HAND_OVER,
    HANDED_OVER,
    INTEREST_RECORDED,
    ITEM_TICKED,
    ORDER,
    ORDERED,
    ORDERED_5,
    ORDERED_20,
    ORDERED_27,
    ORDERED_29,
    RECORD_INTEREST,
)
from store.rules.dates import grace_end
from store.rules.hub import (
    ADDRESS_DIFFERS,
    CHECKLIST,
    CHECKLIST_OPEN,
    NOT_ORDERED,
    TIER_TWO,
    Step,
    missing_on_order,
    open_items,
    ticks_of,
)
from store.tables import HubTask, Trial, id_of
from store.terms import Service, Status

offers("convert", N_("Convert…"), CONVERT, place=30, places={Status.GRACE: 10})
reads(CONVERSION, N_("Set up the paid services"))

CONTACTS: Choices = (
    ("partner", N_("the partner's administrator (ideally you)")),
    ("customer", N_("the customer's administrator")),
)


class OfItem(Form):
    """The values that every form of a checklist item carries."""

    trial: int = carried()


class TickItem(OfItem, key="convert.tick", rule=on_trial(ORDER)):
    """Tick an item that needs no input, or untick any item."""

    item: Step = carried()
    done: int = carried(default=1)


class OrderNumber(
    OfItem, key="convert.order-number", rule=on_trial(ORDER), submit=N_("Save number")
):
    """The number of the paid order."""

    order_number: str = text(N_("Order number"), max=60)


class Contact(OfItem, key="convert.contact", rule=on_trial(ORDER), submit=N_("Save contact")):
    """The person who gets the provisioning e-mail."""

    contact: str = choose(
        N_("Send the provisioning e-mail to"),
        CONTACTS,
        expanded=True,
        default="partner",
    )


class OnOrder(
    OfItem, key="convert.services", rule=on_trial(ORDER), submit=N_("Compare with the trial")
):
    """The services on the order."""

    on_order: tuple[Service, ...] = choose_many(N_("Services on the order"), Service)


class TypedAdministrator(
    OfItem,
    key="convert.administrator",
    rule=on_trial(ORDER),
    submit=N_("Check address"),
    refused_at={ADDRESS_DIFFERS: "typed"},
):
    """The trial administrator's address, retyped."""

    typed: str = email(N_("Retype the trial administrator's e-mail"))


class Ordered(
    Form,
    key="convert.ordered",
    rule=on_trial(ORDER),
    title=N_("Record order"),
    submit=N_("Mark as ordered"),
    refused_at=wrong_day("day"),
):
    """Record the paid order."""

    trial: int = carried()
    version: int = carried()
    order_number: str = text(N_("Order number"), max=60, required=False)
    day: date = day(N_("Ordered on"))


class HandedOver(
    Form,
    key="convert.handed-over",
    rule=on_trial(HAND_OVER),
    title=N_("Record handover"),
    submit=N_("Mark as handed over"),
    refused_at=wrong_day("day"),
):
    """Record that the distributor took over."""

    trial: int = carried()
    version: int = carried()
    day: date = day(N_("Handed over on"))


class Converted(
    Form,
    key="convert.provisioned",
    rule=on_trial(CONVERT),
    title=N_("Record provisioning"),
    submit=N_("Mark as provisioned"),
    refused_at={**wrong_day("day"), CHECKLIST_OPEN: "why"},
):
    """Record that the paid services are provisioned: this stops the trial's clock."""

    trial: int = carried()
    version: int = carried()
    day: date = day(N_("Provisioned on"))
    why: str = text(N_("If items are still open, why?"), required=False, max=500, multiline=True)


class RecordInterest(
    Form,
    key="convert.interest",
    rule=on_trial(RECORD_INTEREST),
    title=N_("Customer asked to buy"),
    submit=N_("Record"),
    refused_at=wrong_day("day"),
):
    """Record a customer's interest that Cisco reported by e-mail."""

    trial: int = carried()
    version: int = carried()
    day: date = day(N_("E-mail received on"))


_ITEM_FORMS: Mapping[Step, type[OfItem]] = {
    Step.ORDER_NUMBER: OrderNumber,
    Step.CONTACT: Contact,
    Step.SERVICES_ON_ORDER: OnOrder,
    Step.ADMINISTRATOR: TypedAdministrator,
}


# ------------------------------------------------------------------ the card


def convert_card(
    trial: Trial,
    *,
    words: Words,
    today: date,
    names: Mapping[int, str] = {},
    said: str = "",
    problem: Invalid | None = None,
) -> Card:
    """Show the state of the conversion.

    `names`: the people who ticked items, by id.
    """
    task = _checklist(trial)
    lines, losses = list(_where(trial, words)), list(_losses(trial, task, words))
    elements = [
        header(trial, words, today),
        kit.notice(said, "attention") if said else None,
        kit.notice(paragraphs(*lines), "accent"),
        *(kit.notice(loss, "attention") for loss in losses),
        *(_items(trial, task, words, names, problem) if trial.partner.tier == 1 else ()),
        kit.small(words("Trial devices must still be returned. Order new ones with the services."))
        if trial.shipments
        else None,
    ]
    text = paragraphs(headline(trial, words, today), said, *lines, *losses)
    records = list(_records(trial, words, today, problem))
    buttons = [*(each.button for each in records), word_button(words, N_("Back"), "show", trial)]
    return kit.card(words, text, [*elements, *(each.opened for each in records)], buttons)


def said_of(trial: Trial, words: Words) -> Md:
    """Return the latest recorded step of a conversion as a sentence."""
    *_, last = _recorded(trial, words)
    return last


def _recorded(trial: Trial, words: Words) -> Iterator[Md]:
    if trial.interest_on:
        yield words("The customer asked to buy on {day}.", day=trial.interest_on)
    if trial.handed_over_on:
        yield words(
            "Handed over to {distributor} on {day}. Deadlines still apply until it's provisioned.",
            distributor=_distributor(trial, words),
            day=trial.handed_over_on,
        )
    if trial.ordered_on:
        yield words(
            "Ordered on {day}. Deadlines still apply until it's provisioned.", day=trial.ordered_on
        )
    if trial.converted_on:
        yield words("Converted to paid on {day}.", day=trial.converted_on)


def _where(trial: Trial, words: Words) -> Iterator[Md]:
    if trial.converted_on:
        yield said_of(trial, words)
        return
    yield from _recorded(trial, words)
    if trial.partner.tier == 2 and trial.handed_over_on is None:
        yield words(
            "As a tier 2 partner, ask {distributor} to convert this trial.",
            distributor=_distributor(trial, words),
        )
    if trial.ends:
        yield words("You can convert it until {day}.", day=grace_end(trial.ends))


def _distributor(trial: Trial, words: Words) -> str:
    return trial.partner.distributor or words("your distributor")


def _losses(trial: Trial, task: HubTask | None, words: Words) -> Iterator[Md]:
    if task is not None and (missing := missing_on_order(trial, task)):
        yield words(
            "Not on the order, so the customer will lose: {services}.",
            services=words.services(missing),
        )


# ------------------------------------------------------------------ the checklist


def _items(
    trial: Trial,
    task: HubTask | None,
    words: Words,
    names: Mapping[int, str],
    problem: Invalid | None,
) -> list[Element]:
    ticks = ticks_of(trial, task) if task else {}
    todo = CHECKLIST[trial.partner.tier]
    done = len(todo) - len(open_items(trial.partner.tier, ticks))
    title = words("Checklist: {done} of {all} done", done=done, all=len(todo))
    rows = [_item(trial, item, task, words, names, problem) for item in todo]
    return [kit.section(title), *rows]


def _item(
    trial: Trial,
    item: Step,
    task: HubTask | None,
    words: Words,
    names: Mapping[int, str],
    problem: Invalid | None,
) -> Element:
    tick = ticks_of(trial, task).get(item) if task else None
    said = spaced(Md("☑" if tick else "☐"), step_words(trial, item, words))
    form = _ITEM_FORMS.get(item)
    if tick is None and form is not None:
        asked = _asked(trial, item, form, task, words, problem)
        return kit.box([kit.text(said), asked], spacing="small")
    title = words("Untick") if tick else words("Tick this item")
    press = TickItem.button(words, title, trial=id_of(trial), item=item, done=0 if tick else 1)
    more = (
        dotted(_given(trial, item, task, words), _who(trial, tick, words, names))
        if task and tick
        else ""
    )
    lines = [kit.text(said, subtle=bool(tick)), kit.small(more) if more else None]
    return kit.box(lines, press=press, spacing="small")


def _asked(
    trial: Trial,
    item: Step,
    form: type[OfItem],
    task: HubTask | None,
    words: Words,
    problem: Invalid | None,
) -> Element | None:
    """Build an item's form behind its button, open after an invalid submission."""
    asked = behind(
        form,
        words,
        scope=item.value,
        title=words("Fill in…"),
        values=_known(trial, item, task),
        problem=problem,
        trial=id_of(trial),
    )
    return asked.opened or kit.buttons([asked.button])


def _known(trial: Trial, item: Step, task: HubTask | None) -> dict[str, Any]:
    if item is Step.ORDER_NUMBER:
        return {"order_number": trial.order_number}
    if item is Step.SERVICES_ON_ORDER:
        compared = task.facts.get("on_order") if task else None
        return {"on_order": compared or services_of(trial)}
    return {}


def _who(trial: Trial, tick: Mapping[str, Any], words: Words, names: Mapping[int, str]) -> Md:
    at = datetime.fromisoformat(tick["at"])
    return dotted(names.get(tick["by"], ""), words.instant(at, trial.space.time_zone))


def _given(trial: Trial, item: Step, task: HubTask, words: Words) -> Md:
    """Return what was filled in for an item."""
    if item is Step.ORDER_NUMBER:
        return words.fact(trial.order_number)
    if item is Step.SERVICES_ON_ORDER:
        return words.services(task.facts.get("on_order", ()))
    if item is Step.CONTACT and "contact" in task.facts:
        return words(dict(CONTACTS)[task.facts["contact"]])
    return Md("")


def _checklist(trial: Trial) -> HubTask | None:
    return next((task for task in trial.hub_tasks if task.change == CONVERSION), None)


# ------------------------------------------------------------------ recording progress


def _records(trial: Trial, words: Words, today: date, problem: Invalid | None) -> Iterator[Behind]:
    bought = trial.ordered_on or trial.handed_over_on
    if trial.converted_on is not None:
        return
    first = HandedOver if trial.partner.tier == 2 else Ordered
    forms: list[type[Form]] = [Converted] if bought else [first]
    if not bought and trial.interest_on is None:
        forms.append(RecordInterest)
    for form in forms:
        yield behind(
            form,
            words,
            scope=form.key,
            values={"day": today, "order_number": trial.order_number},
            problem=problem,
            trial=id_of(trial),
            version=trial.version,
        )


# ------------------------------------------------------------------ reminders

_CONVERT = ((N_("Convert…"), "convert"),)

reminds(
    ORDERED_5,
    N_("bought on {bought}, not provisioned yet"),
    N_("Find the provisioning e-mail (check spam too) and press *Set Up Service* in it."),
    _CONVERT,
)
reminds(
    ORDERED_20,
    N_("bought, not provisioned; grace ends on {grace}"),
    N_("The services are lost unless they're provisioned. Find the provisioning e-mail."),
    _CONVERT,
)
reminds(
    ORDERED_27,
    N_("bought, not provisioned; {left} of grace left"),
    N_("The services are lost unless they're provisioned by {grace}."),
    _CONVERT,
    grave=True,
)
reminds(
    ORDERED_29,
    N_("bought, not provisioned; last safe day: {day}"),
    N_("Grace ends on {grace} (UTC)."),
    _CONVERT,
    grave=True,
)


# ------------------------------------------------------------------ refusals

explains(
    ADDRESS_DIFFERS,
    N_(
        "That isn't the trial administrator's address. A different address won't convert"
        " this trial and could create a second organisation. Check it."
    ),
)
explains(
    CHECKLIST_OPEN,
    N_("Still open: {items}. Tick them, or say why you're skipping them."),
    N_("Some items are still open. Tick them, or say why you're skipping them."),
)
explains(
    TIER_TWO,
    N_("Tier 2 partners order through the distributor. Press *Mark as handed over* instead."),
)
explains(
    NOT_ORDERED,
    N_("No order recorded yet. First record the order, or that the distributor took over."),
)


# ------------------------------------------------------------------ history

tells(
    INTEREST_RECORDED,
    N_("The customer asked to buy on {day} (recorded by {who})"),
    N_("The customer asked to buy (recorded by {who})"),
)
tells(ITEM_TICKED, N_("{who} updated the checklist: {item}"), N_("{who} updated the checklist"))
tells(ORDERED, N_("{who} recorded the order placed on {day}"), N_("{who} recorded the order"))
tells(
    HANDED_OVER,
    N_("{who} recorded the handover to the distributor on {day}"),
    N_("{who} recorded the handover to the distributor"),
)
tells(
    CONVERTED,
    N_("{who} recorded the conversion to paid on {day}"),
    N_("{who} recorded the conversion to paid"),
)
