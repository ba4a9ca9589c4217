"""What to do in Partner Hub: steps to tick one by one, and the day on which it was done."""

from collections.abc import Iterator, Mapping
from datetime import date

from cards.kit import kit
from cards.kit.behind import behind
from cards.kit.fields import FILL_IN
from cards.kit.forms import Form, Invalid, carried, day, text
from cards.kit.headline import services_of
from cards.kit.history import tells
from cards.kit.kit import Element
from cards.kit.links import PARTNER_HUB
from cards.kit.refusals import explains, wrong_day
from cards.kit.reminding import reminds
from cards.kit.rules import on_trial
from cards.kit.verticals import NAMES_OF_VERTICALS
from cards.kit.words import N_, Md, Message, Words, dotted, spaced
from store.features.partner_hub import (
    CONFIRM,
    DONE_IN_PARTNER_HUB,
    END_CORRECTED,
    ENDS_TOO_EARLY,
    HUB_1,
    HUB_3,
    STEP_TICKED,
)
from store.rules.hub import Step, open_changes, steps, ticks_of
from store.rules.rights import Action
from store.tables import Customer, HubTask, Trial, id_of
from store.terms import HubChange, MeetingsOption, Service

_HAS_AN_END = frozenset({HubChange.START, HubChange.ADD, HubChange.PROVISION, HubChange.EXTEND})


class TickStep(Form, key="hub.tick", rule=on_trial(Action.CHANGE)):
    """Tick one step, or untick it."""

    trial: int = carried()
    task: int = carried()
    step: Step = carried()
    done: int = carried(default=1)


class HubDone(
    Form,
    key="hub.done",
    rule=on_trial(CONFIRM),
    title=N_("Done in Partner Hub"),
    submit=N_("Mark as done"),
    refused_at={**wrong_day("done_on"), ENDS_TOO_EARLY: "ends"},
):
    """Record the day of a change in Partner Hub, and the end date shown there if it differs."""

    trial: int = carried()
    version: int = carried()
    task: int = carried()
    done_on: date = day(N_("Done in Partner Hub on"))
    ends: date | None = day(N_("End date in Partner Hub, if different"), required=False)
    why: str = text(N_("Why is it different?"), required=False)

    def check(self) -> Iterator[tuple[str, Message]]:
        """Require a reason for a different end date."""
        if self.ends is not None and not self.why:
            yield "why", Message(FILL_IN)


class OrganisationExists(
    Form, key="hub.exists", rule=on_trial(Action.CHANGE), submit=N_("The organisation exists")
):
    """Record that the customer isn't new, so its consent is needed.

    Partner Hub shows a confirmation screen for an organisation that exists already.
    """

    trial: int = carried()
    version: int = carried()


def to_do(
    trial: Trial, words: Words, today: date, *, may_change: bool, problem: Invalid | None = None
) -> list[Element]:
    """Build a box for each change still to be made in Partner Hub."""
    tasks = open_changes(trial)
    return [
        _task(trial, task, words, today, may_change, problem, first=task is tasks[0])
        for task in tasks
    ]


def to_do_line(trial: Trial, words: Words) -> Md:
    """List what is still to be done, for a message's text; empty if there is nothing."""
    names = [words.term(HubChange, task.change) for task in open_changes(trial)]
    return words("To do in Partner Hub: {changes}.", changes=words.join(names)) if names else Md("")


def _task(
    trial: Trial,
    task: HubTask,
    words: Words,
    today: date,
    may_change: bool,
    problem: Invalid | None,
    first: bool,
) -> Element:
    todo = steps(trial, task.change)
    done = sum(step in ticks_of(trial, task) for step in todo)
    by_press = may_change and task.change != HubChange.CONVERT
    title = words("To do in Partner Hub: {change}", change=words.term(HubChange, task.change))
    return kit.box(
        [
            kit.text(title, bold=True),
            kit.small(
                words("{done} of {all} steps done.", done=done, all=len(todo))
                if not by_press
                else words(
                    "{done} of {all} steps done. Press a step when it's done.",
                    done=done,
                    all=len(todo),
                )
            ),
            *(_step(trial, task, step, words, by_press) for step in todo),
            *(_acts(trial, task, words, today, problem, first) if may_change else ()),
        ],
        style="emphasis",
    )


def _step(trial: Trial, task: HubTask, step: Step, words: Words, by_press: bool) -> Element:
    done = step in ticks_of(trial, task)
    said = spaced(Md("☑" if done else "☐"), step_words(trial, step, words))
    title = words("Untick") if done else words("Tick this step")
    press = TickStep.button(
        words, title, trial=id_of(trial), task=id_of(task), step=step, done=0 if done else 1
    )
    return kit.box(
        [kit.text(said, subtle=done)], press=press if by_press else None, spacing="small"
    )


def _acts(
    trial: Trial, task: HubTask, words: Words, today: date, problem: Invalid | None, first: bool
) -> list[Element | None]:
    """Build what applies to the whole change: open Partner Hub, mark it as done."""
    ours = problem if problem and problem.values.get("task") == str(task.id) else None
    done = behind(
        HubDone,
        words,
        scope="" if first else str(task.id),
        title=words("Done in Partner Hub…"),
        values={"done_on": today},
        only=None if task.change in _HAS_AN_END else {"done_on"},
        problem=ours,
        trial=id_of(trial),
        version=trial.version,
        task=id_of(task),
    )
    exists = task.change == HubChange.START
    buttons = [
        kit.link(words("Open Partner Hub"), PARTNER_HUB),
        done.button,
        OrganisationExists.button(words, trial=id_of(trial), version=trial.version)
        if exists
        else None,
    ]
    return [done.opened, kit.buttons(buttons)]


# ------------------------------------------------------------------ texts of the steps


def step_words(trial: Trial, step: Step, words: Words) -> Md:
    """Return a step's text, with this trial's facts."""
    if step is Step.DURATION:
        return _duration(trial, words)
    if step is Step.SERVICES:
        return _services(trial, words)
    if step is Step.TICK_SERVICES:
        return _changed_services(trial, words)
    sentence = STEP_WORDS[step]
    if "{" not in sentence:
        return words(sentence)
    return words(
        sentence,
        company=trial.customer.company,
        administrator=trial.customer.administrator,
        country=words.country(trial.customer.country),
        vertical=_vertical(trial.customer, words),
        services=words.services(services_of(trial)),
        site=trial.site,
        zone=trial.site_time_zone,
        choice=words("Yes, set up now") if trial.set_up == "now" else words("No, later"),
    )


def _vertical(customer: Customer, words: Words) -> Md:
    """Return the business vertical's name, or "the closest one" if it isn't known."""
    name = words(NAMES_OF_VERTICALS.get(customer.vertical, N_("the closest one")))
    return dotted(name, customer.vertical_note)


def _duration(trial: Trial, words: Words) -> Md:
    if trial.ends is None:
        return words("Under *Duration of the Trial*, choose the new duration.")
    return words(
        "Under *Duration of the Trial*, choose the extension. The trial should then end on {day}.",
        day=trial.ends,
    )


def _services(trial: Trial, words: Words) -> Md:
    return spaced(
        words(
            "Choose {services}, {licences} licences and {duration} days.",
            services=words.services(services_of(trial)),
            licences=trial.licences,
            duration=trial.duration,
        ),
        *_with_services(trial, words),
    )


def _changed_services(trial: Trial, words: Words) -> Md:
    return spaced(
        words(
            STEP_WORDS[Step.TICK_SERVICES],
            services=words.services(services_of(trial)),
            licences=trial.licences,
        ),
        *_with_services(trial, words),
        words(STEP_WORDS[Step.SITE], site=trial.site, zone=trial.site_time_zone)
        if trial.site
        else "",
    )


def _with_services(trial: Trial, words: Words) -> Iterator[Md]:
    if options := [words.term(MeetingsOption, option) for option in trial.meetings_options]:
        yield words("For Meetings: {options}.", options=words.join(options))
    if Service.DEVICES in services_of(trial):
        yield words("Device licences: {n}.", n=trial.device_licences)


STEP_WORDS: Mapping[Step, str] = {
    Step.OPEN_CUSTOMERS: N_("Sign in to admin.webex.com and open *Customers*."),
    Step.START_TRIAL: N_("Press *Start Trial*."),
    Step.COMPANY: N_("Enter {company}, {administrator} and the business vertical ({vertical})."),
    Step.COUNTRY: N_("Choose {country} as the country. This fixes the data region permanently."),
    Step.SUPPORTED_LOCATION: N_("Tick the box for a supported location, then press *Next*."),
    Step.NO_CONFIRMATION: N_(
        "If a confirmation screen appears, the organisation already exists. Stop and"
        " press *The organisation exists* below."
    ),
    Step.CONFIRMATION: N_(
        "Check the organisation on the confirmation screen. If no such screen appears,"
        " the address is wrong: press *Back* and don't send the request."
    ),
    Step.SERVICES: N_("Choose {services}."),
    Step.SITE: N_("Enter the site URL {site} and the time zone {zone}."),
    Step.DEVICES: N_("Choose the devices to ship, or skip this page."),
    Step.SAVE: N_("Press *Save*."),
    Step.SET_UP_NOW: N_("When asked about setup, choose *{choice}*."),
    Step.SEND_REQUEST: N_("Press *Send Trial Request*."),
    Step.OPEN_CUSTOMER: N_("Sign in to admin.webex.com, open *Customers*, then {company}."),
    Step.ADD: N_("Press *Add* next to Trials."),
    Step.TICK_CAPABILITIES: N_("Tick {services}."),
    Step.START_ADDED: N_("Press *Start Trial*."),
    Step.SET_UP_CUSTOMER: N_("Press *Set Up Customer* and set up the services."),
    Step.EDIT: N_("Press *Edit* next to Trial."),
    Step.DURATION: N_("Under *Duration of the Trial*, choose the new duration."),
    Step.TICK_SERVICES: N_(
        "Tick {services}, untick the rest, and set the licence quantity to {licences}."
    ),
    Step.SAVE_CHANGE: N_("Press *Save*."),
    Step.TRASH: N_("Press the *trash icon*."),
    Step.YES: N_("Confirm with *Yes*."),
    Step.ORDER_NUMBER: N_("Enter the order number."),
    Step.CONTACT: N_("Send the provisioning e-mail to the right person, ideally yourself."),
    Step.SERVICES_ON_ORDER: N_("Compare the services on the order with the trial's."),
    Step.SET_UP_SERVICE: N_("Press *Set Up Service* in the provisioning e-mail."),
    Step.PARTNER_OR_CUSTOMER: N_("Choose whether you're the partner or customer administrator."),
    Step.ADMINISTRATOR: N_("Enter the trial administrator's e-mail exactly."),
    Step.DATA_CHECKED: N_("Check the customer's data."),
    Step.DISTRIBUTOR: N_("Hand the conversion over to the distributor."),
}
"""Every step, with Partner Hub's own names for its buttons."""


# ------------------------------------------------------------------ reminders


reminds(
    HUB_1,
    N_("still to do in Partner Hub: {changes}"),
    N_("When it's done, record the day here."),
    in_hub=True,
)
reminds(
    HUB_3,
    N_("waiting for 3 days: {changes} in Partner Hub"),
    N_("Cisco won't know about it until you do it there."),
    in_hub=True,
)


# ------------------------------------------------------------------ refusals

explains(
    ENDS_TOO_EARLY,
    N_("{day} is too early: the trial can't have ended before {not_before}."),
    N_("That day is too early. Enter a later day."),
)


# ------------------------------------------------------------------ history

tells(
    STEP_TICKED,
    N_("{who} updated the Partner Hub steps: {change}"),
    N_("{who} updated the Partner Hub steps"),
)
tells(
    DONE_IN_PARTNER_HUB,
    N_("{who} confirmed as done in Partner Hub on {day}: {change}"),
    N_("{who} confirmed a change as done in Partner Hub"),
)
tells(
    END_CORRECTED,
    N_("{who} corrected the end date: {old_ends} → {ends}"),
    N_("{who} corrected the end date"),
)
