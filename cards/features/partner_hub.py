"""What to do in Partner Hub: steps to tick one by one, and the day on which it was done."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from cards.kit import kit
from cards.kit.behind import behind
from cards.kit.fields import FILL_IN
from cards.kit.forms import Form, Invalid, carried, day, text
from cards.kit.headline import services_of
from cards.kit.history import tells
from cards.kit.kit import Action, ButtonStyle, Element
from cards.kit.links import PARTNER_HUB
from cards.kit.open_changes import DONE_TODAY, change_name, named, wanted, wording
from cards.kit.refusals import explains, wrong_day
from cards.kit.reminding import reminds
from cards.kit.rules import on_trial
from cards.kit.verticals import NAMES_OF_VERTICALS
from cards.kit.word import word_button
from cards.kit.words import N_, Md, Message, Words, dotted, spaced
from store.features.convert import CONVERSION
from store.features.extend import EXTENSION, days_of
from store.features.partner_hub import (
    CONFIRM,
    CONFIRMATION_UNDONE,
    END_CORRECTED,
    ENDS_TOO_EARLY,
    HUB_1,
    HUB_3,
    HUB_FORMER,
    HUB_WEEKLY,
    STEP_TICKED,
    WITHDRAWN,
)
from store.features.provisioned import PROVISIONING
from store.features.shared.open_changes import (
    DONE_IN_PARTNER_HUB,
    TO_BE_CANCELLED,
    TOO_LATE_TO_UNDO,
)
from store.features.start import ADDITION, START
from store.rules.hub import Step, open_changes, steps, ticks_of
from store.rules.rights import Action as Right
from store.tables import Customer, HubTask, Trial, id_of
from store.terms import MeetingsOption, Service

_HAS_AN_END = frozenset({START, ADDITION, PROVISIONING, EXTENSION})


class TickStep(Form, key="hub.tick", rule=on_trial(Right.CHANGE)):
    """Tick one step, or untick it."""

    trial: int = carried()
    task: int = carried()
    step: Step = carried()
    done: int = carried(default=1)


class DoneToday(Form, key="hub.done-today", rule=on_trial(CONFIRM), submit=DONE_TODAY):
    """Confirm that a change was made in Partner Hub today."""

    trial: int = carried()
    task: int = carried()


class HubDone(
    Form,
    key="hub.done",
    rule=on_trial(CONFIRM),
    title=N_("Done in Partner Hub"),
    submit=N_("Mark as done"),
    refused_at={**wrong_day("done_on"), ENDS_TOO_EARLY: "ends"},
):
    """Confirm a change with its day, and the end date shown in Partner Hub if it differs."""

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


class GiveUp(Form, key="hub.give-up", rule=on_trial(Right.CHANGE), submit=N_("Not done")):
    """Withdraw a change that wasn't made in Partner Hub."""

    trial: int = carried()
    task: int = carried()


class UndoDone(Form, key="hub.undo", rule=on_trial(Right.CHANGE), submit=N_("Undo")):
    """Take back a confirmation within ten minutes."""

    trial: int = carried()
    task: int = carried()


class OrganisationExists(
    Form, key="hub.exists", rule=on_trial(Right.CHANGE), submit=N_("The organisation exists")
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
    names = [change_name(task.change, words) for task in open_changes(trial)]
    return words("To do in Partner Hub: {changes}.", changes=words.join(names)) if names else Md("")


def confirmations(trial: Trial, words: Words, topic: str = "") -> Iterator[Element | None]:
    """Yield a row of buttons for each open change: done today, or given up.

    `topic`: only for the change that a reminder is about.
    """
    for task in open_changes(trial):
        if task.change != CONVERSION and topic in ("", f"/task{task.id}"):
            name = change_name(task.change, words)
            yield kit.small(words("{change}:", change=name))
            yield kit.buttons([_done_today(trial, task, words), *_give_up(trial, task, words)])


def undo_button(trial: Trial, task: HubTask, words: Words) -> Action:
    """Build the button that takes back a confirmation."""
    title = words("Undo: {change}", change=change_name(task.change, words))
    return UndoDone.button(words, title, trial=id_of(trial), task=id_of(task))


def _task(
    trial: Trial,
    task: HubTask,
    words: Words,
    today: date,
    may_change: bool,
    problem: Invalid | None,
    first: bool,
) -> Element:
    todo = steps(trial, task)
    done = sum(step in ticks_of(trial, task) for step in todo)
    by_press = may_change and task.change != CONVERSION
    title = words("To do in Partner Hub: {change}", change=change_name(task.change, words))
    wants = wanted(trial, task, words, today)
    return kit.box(
        [
            kit.text(title, bold=True),
            kit.text(wants, color="warning", spacing="none") if wants else None,
            kit.small(
                words("{done} of {all} steps done.", done=done, all=len(todo))
                if not by_press
                else words(
                    "{done} of {all} steps done. Press a step when it's done.",
                    done=done,
                    all=len(todo),
                )
            ),
            *(_step(trial, task, step, words, today, by_press) for step in todo),
            *(_acts(trial, task, words, problem, first) if may_change else ()),
        ],
        style="emphasis",
    )


def _step(
    trial: Trial, task: HubTask, step: Step, words: Words, today: date, by_press: bool
) -> Element:
    done = step in ticks_of(trial, task)
    said = spaced(Md("☑" if done else "☐"), step_words(trial, step, words, task, today))
    title = words("Untick") if done else words("Tick this step")
    press = TickStep.button(
        words, title, trial=id_of(trial), task=id_of(task), step=step, done=0 if done else 1
    )
    return kit.box(
        [kit.text(said, subtle=done)], press=press if by_press else None, spacing="small"
    )


def _acts(
    trial: Trial, task: HubTask, words: Words, problem: Invalid | None, first: bool
) -> list[Element | None]:
    """Build what applies to the whole change: confirm it, give it up, open Partner Hub.

    Only the first change of a trial has a coloured button.
    """
    link = kit.link(words("Open Partner Hub"), PARTNER_HUB)
    style: ButtonStyle | None = "positive" if first else None
    if task.change == CONVERSION:
        convert = word_button(words, N_("Convert…"), "convert", trial, style=style)
        return [kit.buttons([link, convert])]
    ours = problem if problem and problem.values.get("task") == str(task.id) else None
    another_day = behind(
        HubDone,
        words,
        scope="" if first else str(task.id),
        title=words("Done on another day…"),
        only=None if task.change in _HAS_AN_END else {"done_on"},
        problem=ours,
        trial=id_of(trial),
        version=trial.version,
        task=id_of(task),
    )
    exists = task.change == START
    buttons = [
        _done_today(trial, task, words, style),
        another_day.button,
        *_give_up(trial, task, words),
        OrganisationExists.button(words, trial=id_of(trial), version=trial.version)
        if exists
        else None,
        link,
    ]
    return [another_day.opened, kit.buttons(buttons)]


def _done_today(
    trial: Trial, task: HubTask, words: Words, style: ButtonStyle | None = None
) -> Action:
    title = words(wording(task.change).done)
    return DoneToday.button(words, title, style, trial=id_of(trial), task=id_of(task))


def _give_up(trial: Trial, task: HubTask, words: Words) -> Iterator[Action]:
    if title := wording(task.change).give_up:
        yield GiveUp.button(words, words(title), trial=id_of(trial), task=id_of(task))


# ------------------------------------------------------------------ texts of the steps


def step_words(
    trial: Trial,
    step: Step,
    words: Words,
    task: HubTask | None = None,
    today: date | None = None,
) -> Md:
    """Return a step's text, with this trial's facts and what its `task` wants."""
    if step is Step.DURATION:
        return _duration(task, words, today)
    if step is Step.SERVICES:
        return _services(trial, words)
    if step is Step.TICK_SERVICES:
        return _changed_services(trial, task, words)
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


CLOSEST = N_("the closest one")


def _vertical(customer: Customer, words: Words) -> Md:
    """Return the business vertical's name, or "the closest one" if it isn't known."""
    name = words(NAMES_OF_VERTICALS.get(customer.vertical, CLOSEST))
    return dotted(name, customer.vertical_note)


def _duration(task: HubTask | None, words: Words, today: date | None) -> Md:
    if task is None or today is None or "days" not in task.facts:
        return words("Under *Duration of the Trial*, choose the new duration.")
    return words(
        "Under *Duration of the Trial*, choose the extension. Done today, the trial should then"
        " end on {day}.",
        day=today + timedelta(days=days_of(task)),
    )


def _services(trial: Trial, words: Words) -> Md:
    return spaced(
        words(
            "Choose {services}, {licences} licences and {duration} days.",
            services=words.services(services_of(trial)),
            licences=trial.licences,
            duration=trial.duration,
        ),
        *_with_services(words, services_of(trial), trial.meetings_options, trial.device_licences),
    )


def _changed_services(trial: Trial, task: HubTask | None, words: Words) -> Md:
    new = task.facts if task else {}
    services = new.get("services", services_of(trial))
    site = new.get("site", trial.site)
    zone = new.get("site_time_zone", trial.site_time_zone)
    return spaced(
        words(
            STEP_WORDS[Step.TICK_SERVICES],
            services=words.services(services),
            licences=new.get("licences", trial.licences),
        ),
        *_with_services(
            words,
            services,
            new.get("meetings_options", trial.meetings_options),
            new.get("device_licences", trial.device_licences),
        ),
        words(STEP_WORDS[Step.SITE], site=site, zone=zone) if site else "",
    )


def _with_services(
    words: Words, services: Sequence[str], options: Sequence[str], licences: int
) -> Iterator[Md]:
    if named := [words.term(MeetingsOption, option) for option in options]:
        yield words("For Meetings: {options}.", options=words.join(named))
    if Service.DEVICES in services:
        yield words("Device licences: {n}.", n=licences)


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
    Step.SHOWS_CONSENT: N_(
        "Check that the trial no longer waits for the customer's consent. If it does, ask the"
        " customer to answer Cisco's e-mail or the request in Control Hub."
    ),
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


def _former(trial: Trial, topic: str, day: date) -> Message | str | None:
    """Name the change that a reminder is about, open or not."""
    about = (task for task in trial.hub_tasks if topic == f"/task{task.id}")
    return next((named(task.change) for task in about), None)


reminds(
    HUB_1,
    N_("still to do in Partner Hub: {changes}"),
    N_("Nothing changes here until you confirm that it's done there."),
    in_hub=True,
)
reminds(
    HUB_3,
    N_("waiting for 3 days: {changes} in Partner Hub"),
    N_("Cisco won't know about it until you do it there."),
    in_hub=True,
)
reminds(
    HUB_WEEKLY,
    N_("still waiting: {changes} in Partner Hub"),
    N_("Do it there and confirm it here, or give it up."),
    in_hub=True,
)
reminds(
    HUB_FORMER,
    N_("check in Partner Hub: {former} (some steps are still unticked)"),
    N_(
        "I've counted this change as done. If Partner Hub shows something else, do it there, or ask"
        " a full administrator to correct the trial."
    ),
    in_hub=True,
    facts={"former": _former},
)


# ------------------------------------------------------------------ refusals

explains(
    ENDS_TOO_EARLY,
    N_("{day} is too early: the trial can't have ended before {not_before}."),
    N_("That day is too early. Enter a later day."),
)
explains(
    TO_BE_CANCELLED,
    N_("This trial is to be cancelled. To go on with it, press *Keep it* first."),
)
explains(
    TOO_LATE_TO_UNDO,
    N_("It's too late to undo this. A full administrator can correct it: type *correct*."),
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
    WITHDRAWN,
    N_("{who} withdrew: {change}"),
    N_("{who} withdrew a change that was to be made in Partner Hub"),
)
tells(
    CONFIRMATION_UNDONE,
    N_("{who} took back the confirmation: {change}"),
    N_("{who} took back a confirmation"),
)
tells(
    END_CORRECTED,
    N_("{who} corrected the end date: {old_ends} → {ends}"),
    N_("{who} corrected the end date"),
)
