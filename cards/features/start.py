"""The start form's cards: customer, services, Meetings site, devices, check and save."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from cards.features.start_forms import (
    FORMS,
    MANY_LICENCES,
    FormStep,
    StartAnew,
    StartBack,
    StartCopy,
    StartDrop,
    StartGoOn,
    StartPrivately,
    StartSave,
    StartServices,
    StartWhere,
    before,
    filled,
    steps,
)
from cards.kit import kit
from cards.kit.fields import Choices
from cards.kit.forms import Invalid
from cards.kit.history import tells
from cards.kit.kit import Action, Card, Element
from cards.kit.open_changes import reads
from cards.kit.refusals import explains
from cards.kit.verticals import NAMES_OF_VERTICALS
from cards.kit.word import word_button
from cards.kit.words import N_, Md, Words, bold, dotted, escape, paragraphs, spaced
from store.features.drafts import DRAFT_GONE
from store.features.start import (
    ACCEPTED_IN_FUTURE,
    ADDITION,
    FAR_AWAY,
    OWN_TRIAL_RUNS,
    REQUEST,
    SITE_TAKEN,
    START,
    STARTED,
    TOO_MANY_PROBES,
)
from store.rules.countries import DataRegion, data_region
from store.rules.dates import end_of
from store.tables import Draft, HubTask, Partner, Person, Space, Trial, id_of
from store.terms import DeviceType, Kind, MeetingsOption, Service, SkipReason

LOCALITY = "https://help.webex.com/article/wej14b"
TITLE = N_("Start a trial")

REGIONS: Mapping[DataRegion, str] = {
    DataRegion.EU: N_("Expected data region: Europe."),
    DataRegion.US: N_("Expected data region: the United States."),
    DataRegion.UNCLEAR: N_("The data region for this country is unclear."),
}


def start_choices(draft: Draft, partner: Partner, words: Words) -> dict[str, Choices]:
    """Return the choices that depend on the state, for drawing and for parsing the form."""
    kind = draft.values.get("kind")
    skips = [r for r in SkipReason if kind == Kind.EXISTING or r is not SkipReason.TEST_ONLY]
    return {
        "duration": [(str(days), words.days(days)) for days in partner.durations],
        "skip_reason": [(reason.value, words.term(SkipReason, reason)) for reason in skips],
    }


def start_card(
    draft: Draft,
    partner: Partner,
    *,
    words: Words,
    today: date,
    said: str = "",
    problem: Invalid | None = None,
    shared: bool = False,
    running: str = "",
) -> Card:
    """Build the card for a draft's current step, filled in with what is known.

    `shared`: other people can read along. `running`: the code of a running trial to open instead.
    """
    step = FormStep(draft.step or FormStep.CUSTOMER)
    form = FORMS[step]
    ours = problem if problem and problem.form is form else None
    row = steps(draft.values)
    place = words(
        "Step {n} of {all}: {title}",
        n=row.index(step) + 1,
        all=len(row),
        title=words(form.title),
    )
    elements = [
        kit.header(words(TITLE), dotted(place, draft.values.get("company", ""))),
        kit.notice(said, "attention") if said else None,
        *_introduction(step, draft.values, words),
        *form.inputs(
            words,
            ours.values if ours else _values(step, draft, partner, words, today),
            ours.messages if ours else {},
            start_choices(draft, partner, words),
            only=_asked(step, draft.values),
            checked=False,
        ),
    ]
    wrong = [words(message) for message in ours.messages.values()] if ours else []
    text = paragraphs(
        dotted(bold(words(TITLE)), place), said, *wrong, words("Please fill in the card.")
    )
    return kit.card(words, text, elements, _buttons(step, draft, words, shared, running))


def _values(
    step: FormStep, draft: Draft, partner: Partner, words: Words, today: date
) -> dict[str, Any]:
    at_first = {
        "language": words.language,
        "licences": 100,
        "duration": min(partner.durations),
        "first_day": today,
        "customer_notices": partner.customer_notices,
    }
    return at_first | filled(step, draft.values)


def _asked(step: FormStep, values: Mapping[str, Any]) -> set[str] | None:
    """Leave out what a new customer can't have, and consent where nobody is asked for it."""
    if step is FormStep.SAVE and values.get("kind") != Kind.EXISTING:
        return set(StartSave.fields) - {"accepted_on"}
    if step is not FormStep.SERVICES or values.get("kind") != Kind.NEW:
        return None
    return set(StartServices.fields) - {"bought", "trialled"}


def _buttons(
    step: FormStep, draft: Draft, words: Words, shared: bool, running: str
) -> Iterator[Action]:
    carries: dict[str, Any] = {"draft": id_of(draft), "version": draft.version}
    yield FORMS[step].button(words, style="positive", **carries)
    if before(step, draft.values) is not step:
        yield StartBack.button(words, step=step, **carries)
    if running:
        yield word_button(words, N_("Open the running trial"), "show", running)
    if shared:
        yield StartPrivately.button(words, step=step, **carries)
    drop = StartDrop.button(words, style="destructive", **carries)
    yield kit.show(words("Discard…"), [kit.text(words("The whole draft will be deleted."))], [drop])


# ------------------------------------------------------------------ introductions


def _introduction(step: FormStep, values: Mapping[str, Any], words: Words) -> Iterator[Element]:
    match step:
        case FormStep.CUSTOMER:
            yield kit.small(
                words("Fill in everything that applies. The organisation ID is optional.")
            )
        case FormStep.SERVICES:
            yield kit.text(region_hint(values.get("country", ""), words))
            yield kit.buttons([kit.link(words("Open Cisco's locality page"), LOCALITY)])
            if values.get("kind") != Kind.NEW:
                yield kit.small(
                    words(
                        "Leave out services the customer owns or is trialling with"
                        " another partner. Partner Hub shows both."
                    )
                )
        case FormStep.SITE:
            yield kit.small(words("Enterprise Edition needs its own Meetings site."))
        case FormStep.DEVICES:
            yield kit.notice(
                words(
                    "Cisco ships once per device type: order everything now. Write models"
                    " like this: 8865 x 2, 7841."
                )
            )
            yield kit.notice(
                words(
                    "Phones come without a power supply. If the customer has no PoE,"
                    " write to the trials team: {mailbox}.",
                    mailbox="webextrials_info@cisco.com",
                )
            )
        case FormStep.SAVE:
            yield kit.facts(summary(values, words))
            yield from (kit.notice(caution) for caution in _cautions(values, words))


def region_hint(country: str, words: Words) -> Md:
    """Return the expected data region; only Cisco's page can say it for certain."""
    return spaced(
        words(REGIONS[data_region(country)]),
        words("Check Cisco's locality page: the region can't be changed later."),
    )


def summary(values: Mapping[str, Any], words: Words) -> Iterator[tuple[str, str | None]]:
    """Yield all facts of a draft, for checking before saving."""
    kind, country = values.get("kind", Kind.NEW), values.get("country", "")
    yield words("Customer"), dotted(escape(values.get("company", "")), words.kind(kind))
    yield words("Administrator"), escape(values.get("administrator", ""))
    yield words("Full administrators"), words.join(values.get("full_administrators", ()))
    yield words("Organisation ID"), escape(values.get("organisation_id", ""))
    yield words("Business vertical"), _vertical(values, words)
    yield words("Country"), words.country(country)
    yield words("Data region"), region_hint(country, words)
    yield words("Customer's language"), words.tongue(values.get("language", "en"))
    yield words("Services"), words.services(values.get("services", ()))
    options = [words.term(MeetingsOption, o) for o in values.get("meetings_options", ())]
    yield words("Meetings"), words.join(options)
    yield words("Site"), dotted(values.get("site", ""), values.get("site_time_zone", ""))
    yield words("Licences"), words("{n} per service", n=values.get("licences", 100))
    yield from _devices(values, words)
    yield words("Duration"), words.days(values.get("duration", 30))
    yield words("Planned first day"), words.day(date.fromisoformat(values["first_day"]))
    yield words("Customer notices"), words("on") if values.get("customer_notices") else words("off")


def _devices(values: Mapping[str, Any], words: Words) -> Iterator[tuple[str, str | None]]:
    if Service.DEVICES not in values.get("services", ()):
        return
    yield words("Device licences"), words.number(values.get("device_licences", 0))
    for type_, shipped in values.get("to_ship", {}).items():
        wanted = [f"{name} × {quantity}" for name, quantity in shipped["models"].items()]
        place = words.country(shipped.get("country", ""))
        yield words.term(DeviceType, type_), dotted(words.join(wanted), place)
    if values.get("skip_reason"):
        yield words("No shipment"), words.term(SkipReason, values["skip_reason"])


def _vertical(values: Mapping[str, Any], words: Words) -> Md:
    key = values.get("vertical", "")
    name = words(NAMES_OF_VERTICALS[key]) if key in NAMES_OF_VERTICALS else escape(key)
    return dotted(name, values.get("vertical_note", ""))


def _cautions(values: Mapping[str, Any], words: Words) -> Iterator[Md]:
    if values.get("licences", 0) > MANY_LICENCES:
        yield words("More than {n} licences is unusual for a trial.", n=MANY_LICENCES)
    if not values.get("organisation_id"):
        yield words("The organisation ID is missing. You'll need it when you contact Cisco.")
    if values.get("kind") == Kind.EXISTING:
        yield words("Saving sends the consent request to the customer.")


# ------------------------------------------------------------------ drafts, copies and spaces


def open_draft_card(draft: Draft, space: Space, *, words: Words) -> Card:
    """Ask whether to continue with the open draft or to start over."""
    company, day = draft.values.get("company"), draft.updated_at.date()
    if company:
        about = words(
            "You have an open draft for {company}, last edited on {day}.", company=company, day=day
        )
    else:
        about = words("You have an open draft, last edited on {day}.", day=day)
    buttons = [
        StartGoOn.button(words, style="positive", draft=id_of(draft)),
        StartAnew.button(words, space=id_of(space)),
    ]
    return kit.card(
        words,
        paragraphs(about, words("Continue with it, or start over?")),
        [kit.header(words(TITLE)), kit.text(about)],
        buttons,
    )


def copy_card(draft: Draft, owner: Person, *, own: bool, words: Words) -> Card:
    """Offer a copy of a colleague's draft; it replaces one's own draft."""
    about = spaced(
        words(
            "This draft belongs to {person}. You can continue with a copy.",
            person=words.name(owner),
        ),
        words("Your own draft will be discarded.") if own else "",
    )
    button = StartCopy.button(words, style="positive", draft=id_of(draft))
    return kit.card(words, about, [kit.header(words(TITLE)), kit.text(about)], [button])


def where_card(
    spaces: Sequence[tuple[Space, Partner]], *, words: Words, problem: Invalid | None = None
) -> Card:
    """Ask in a private chat which partner and space the trial is for."""
    choices = where_choices(spaces)
    about = words("Which partner and space is the trial for?")
    elements = [
        kit.header(words(TITLE)),
        kit.text(about),
        *StartWhere.inputs(
            words,
            problem.values if problem else {},
            problem.messages if problem else {},
            {"space": choices},
        ),
    ]
    return kit.card(words, about, elements, [StartWhere.button(words, style="positive")])


def where_choices(spaces: Sequence[tuple[Space, Partner]]) -> Choices:
    """Return the spaces with their partners."""
    return [(str(space.id), dotted(partner.name, space.title)) for space, partner in spaces]


def saved(trial: Trial, words: Words) -> Md:
    """Say that the trial was saved, and which e-mail Cisco will send."""
    return spaced(
        words(
            "Saved: trial {code} for {company}.", code=trial.code, company=trial.customer.company
        ),
        words(_ASKED_ALREADY if trial.accepted_on else NEXT[trial.kind]),
    )


_ASKED_ALREADY = N_("The customer has accepted already, so I'm not asking anybody.")


NEXT: Mapping[Kind, str] = {
    Kind.NEW: N_(
        "Once everything is provisioned, Cisco sends the administrator a welcome e-mail"
        " with a sign-in link."
    ),
    Kind.EXISTING: N_(
        "I'm asking the customer for consent now. Cisco sends its own e-mail when you"
        " send the request in Partner Hub, and only that counts for Cisco."
    ),
    Kind.PAID: N_("When the trial starts, Cisco e-mails the customer's administrators."),
}


# ------------------------------------------------------------------ what waits for Partner Hub


def _wanted(trial: Trial, task: HubTask, words: Words, today: date) -> Md:
    return words("ends on {day} if started today", day=end_of(today, trial.duration))


reads(START, N_("Start the trial"), wanted=_wanted)
reads(ADDITION, N_("Add the trial"), wanted=_wanted)
reads(REQUEST, N_("Send the trial request"))


# ------------------------------------------------------------------ refusals

explains(
    FAR_AWAY,
    N_("{day} is more than 90 days away. If that's right, tick the box."),
    N_("The first day is more than 90 days away. If that's right, tick the box."),
)
explains(
    ACCEPTED_IN_FUTURE,
    N_("{day} is in the future. Enter the day on which the customer accepted."),
    N_("That day is in the future. Enter the day on which the customer accepted."),
)

explains(
    DRAFT_GONE,
    N_("This form was already saved as trial {code}. Type *show {code}* to see it."),
    N_("This form is gone: it was used, or is older than 7 days. Type *start* for a new one."),
)
explains(SITE_TAKEN, N_("This site URL is already taken. Choose another name."))
explains(
    OWN_TRIAL_RUNS,
    N_("This customer already has your trial {code}. Type *services {code}* to change it."),
    N_("This customer already has one of your trials. Change its services instead."),
)
explains(
    TOO_MANY_PROBES,
    N_("Too many attempts. Wait an hour, and check Partner Hub in the meantime."),
)


# ------------------------------------------------------------------ history

tells(
    STARTED,
    N_("{who} saved the trial: {kind}, {services}, {licences} licences"),
    N_("{who} saved the trial"),
)
