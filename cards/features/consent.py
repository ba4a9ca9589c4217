"""Consent: the customer's card, and the partner's card for requesting and recording it."""

from collections.abc import Sequence
from datetime import date

from cards.kit import kit
from cards.kit.behind import Behind, behind
from cards.kit.forms import Form, Invalid, carried, choose, day, email, tick
from cards.kit.headline import header, headline, services_of
from cards.kit.history import tells
from cards.kit.kit import Action, Card, Element
from cards.kit.links import CONTROL_HUB
from cards.kit.offers import offers
from cards.kit.open_changes import reads
from cards.kit.refusals import explains, wrong_day
from cards.kit.reminding import reminds
from cards.kit.rows import fitting, rows
from cards.kit.rules import for_who_was_asked, on_trial
from cards.kit.word import word_button
from cards.kit.words import N_, Md, Words, bullets, dotted, paragraphs, spaced
from store.features.consent import (
    ACCEPT,
    ACCEPTANCE,
    ACCEPTED,
    CONSENT_20,
    CONSENT_27,
    CONSENT_DECIDED,
    CONSENT_FROM_PARTNER,
    CONSENT_LAPSED,
    CONSENT_NOT_YOURS,
    CONSENT_WITHDRAWN,
    DECLINED,
    DECLINING,
    LAPSED,
    NO_CONSENT,
    NOT_FULL_ADMINISTRATOR,
    ORGANISATION_EXISTS,
    READDRESSED,
    RESEND,
    RESENT,
    UNSEEN_27,
    UNSEEN_31,
)
from store.features.shared.insiders import BOT_ADDRESS, OWN_PERSON
from store.rules import dates, statuses
from store.rules.resends import RESENT_RECENTLY
from store.tables import Consent, HubTask, Person, Trial, id_of
from store.terms import Answer, Service

offers("resend", N_("Consent…"), RESEND, place=10)


class AcceptTrial(Form, key="consent.accept", rule=for_who_was_asked(), submit=N_("Accept")):
    """Accept the trial for the customer, with or without full access for the partner."""

    consent: int = carried()
    full_access: bool = tick(N_("Give the partner full administrator access"))


class DeclineTrial(Form, key="consent.decline", rule=for_who_was_asked(), submit=N_("Decline")):
    """Decline the trial for the customer."""

    consent: int = carried()


class ResendConsent(Form, key="consent.resend", rule=on_trial(RESEND), submit=N_("Resend request")):
    """Ask the same people again; their current cards stop working."""

    trial: int = carried()
    version: int = carried()


class OtherAddress(
    Form,
    key="consent.address",
    rule=on_trial(RESEND),
    title=N_("Send to another address"),
    submit=N_("Send to this address"),
    refused_at={OWN_PERSON: "new", BOT_ADDRESS: "new"},
):
    """Ask a different address instead of one already asked."""

    trial: int = carried()
    version: int = carried()
    old: str = choose(N_("Address to replace"))
    new: str = email(N_("New address"))
    full_administrator: bool = tick(
        N_("This person is a full administrator of the customer's organisation"), default=True
    )


class RecordConsent(
    Form,
    key="consent.record",
    rule=on_trial(ACCEPT),
    title=N_("Record Control Hub answer"),
    submit=N_("Record"),
    refused_at=wrong_day("day"),
):
    """Record what the customer decided in Control Hub, outside the bot."""

    trial: int = carried()
    version: int = carried()
    accepted: str = choose(
        N_("What did the customer decide?"),
        (("yes", N_("They accepted")), ("no", N_("They declined"))),
        expanded=True,
    )
    day: date = day(N_("Answered on"))
    full_access: bool = tick(N_("The customer gave us full administrator access"))


# ------------------------------------------------------------------ the customer's card


def consent_card(
    consent: Consent,
    trial: Trial,
    *,
    words: Words,
    today: date,
    asker: Person | None = None,
    decided_by: Person | None = None,
    said: str = "",
) -> Card:
    """Build the customer's card: the request, with or without buttons, or its outcome.

    Only a full administrator's open card has *Accept* and *Decline*. `asker`: the person who asked.
    `decided_by`: the person who answered, if anybody did.
    """
    who = who_asks(trial, words, asker)
    lapsed = consent.answer == Answer.ASKED and statuses.lapsed(trial, today)
    outcome = consent_outcome(Answer.LAPSED if lapsed else consent.answer, words, decided_by)
    is_open = not outcome
    deadline = dates.consent_deadline(trial.asked_on) if trial.asked_on else None
    elements = [
        kit.header(words("Webex trial for {company}", company=trial.customer.company), who),
        kit.notice(said, "attention") if said else None,
        kit.notice(outcome, "emphasis") if outcome else None,
        kit.facts(request_facts(trial, words, deadline)),
        *(_what_it_means(consent, trial, words) if is_open else ()),
    ]
    text = paragraphs(
        words("**Webex trial for {company}**", company=trial.customer.company),
        who,
        said,
        outcome or _in_a_line(trial, words, deadline),
        binding(words) if is_open else "",
    )
    return kit.card(words, text, elements, _answers(consent, words) if is_open else ())


def consent_outcome(answer: Answer, words: Words, decided_by: Person | None = None) -> Md:
    """Say what became of a request; empty while it is open."""
    if answer == Answer.ASKED:
        return Md("")
    if answer == Answer.DECIDED_BY_OTHER and decided_by is not None:
        return words("{person} has answered this request.", person=words.name(decided_by))
    return words(OUTCOMES[answer])


OUTCOMES = {
    Answer.ACCEPTED: N_("Thank you. You accepted the trial, and the partner will now set it up."),
    Answer.DECLINED: N_("You declined the trial. Nothing will be set up."),
    Answer.DECIDED_BY_OTHER: N_("This request has been answered."),
    Answer.REPLACED: N_("A newer request has replaced this one."),
    Answer.WITHDRAWN: N_("The partner withdrew this request."),
    Answer.LAPSED: N_("This request expired after 30 days. Nothing will be set up."),
}


def _answers(consent: Consent, words: Words) -> list[Action]:
    link = kit.link(words("Open Control Hub"), CONTROL_HUB)
    if not consent.full_administrator:
        return [link]
    return [
        AcceptTrial.button(words, style="positive", consent=id_of(consent)),
        DeclineTrial.button(words, style="destructive", consent=id_of(consent)),
        link,
    ]


def not_yours(words: Words) -> Md:
    """Say who has to answer, to somebody who is only informed."""
    return words("A full administrator of your organisation needs to answer this request.")


def who_asks(trial: Trial, words: Words, asker: Person | None) -> Md:
    """Say who asks."""
    if asker is None:
        return words("{partner} is asking for your consent.", partner=trial.partner.name)
    return words(
        "{person} ({email}) from {partner} is asking for your consent.",
        person=words.name(asker),
        email=asker.email,
        partner=trial.partner.name,
    )


def request_facts(
    trial: Trial, words: Words, deadline: date | None
) -> list[tuple[str, str | None]]:
    """What is asked for: services, licences, how long, until when."""
    chosen = services_of(trial)
    devices = words.number(trial.device_licences) if Service.DEVICES in chosen else ""
    return [
        (words("Services"), words.services(chosen)),
        (words("Licences"), words("{n} per service", n=trial.licences)),
        (words("Device licences"), devices),
        (words("Duration"), words.days(trial.duration)),
        (words("Please answer by"), words("{day} (UTC)", day=deadline) if deadline else None),
    ]


def _in_a_line(trial: Trial, words: Words, deadline: date | None) -> Md:
    return spaced(
        words(
            "{services}: {n} licences for {days}.",
            services=words.services(services_of(trial)),
            n=trial.licences,
            days=words.days(trial.duration),
        ),
        words("Please answer by {deadline} (UTC).", deadline=deadline) if deadline else "",
    )


def _what_it_means(consent: Consent, trial: Trial, words: Words) -> list[Element]:
    if not consent.full_administrator:
        return [
            kit.text(not_yours(words)),
            kit.small(binding(words)),
        ]
    return [
        kit.text(if_you_accept(trial, words)),
        *AcceptTrial.inputs(words, labels={"full_access": give_full_access(trial, words)}),
        kit.small(full_access(trial, words)),
        kit.small(binding(words)),
    ]


def if_you_accept(trial: Trial, words: Words) -> Md:
    """Say what accepting means."""
    return words(
        "If you accept, {partner} will set up these services in your organisation for {days}.",
        partner=trial.partner.name,
        days=words.days(trial.duration),
    )


def give_full_access(trial: Trial, words: Words) -> Md:
    """The label of the choice to give the partner full access."""
    return words("Give {partner} full administrator access", partner=trial.partner.name)


def full_access(trial: Trial, words: Words) -> Md:
    """Say what full access means."""
    return words(
        "Full access lets {partner} set up the services and manage your users and licences.",
        partner=trial.partner.name,
    )


def binding(words: Words) -> Md:
    """Say that Cisco's own request is what binds."""
    return words("Cisco needs your answer too: use its e-mail or Control Hub.")


# ------------------------------------------------------------------ the partner's consent card


def consent_desk(
    trial: Trial,
    consents: Sequence[Consent],
    *,
    words: Words,
    today: date,
    said: str = "",
    problem: Invalid | None = None,
) -> Card:
    """Show who was asked and the outcome.

    From here the partner can ask again, ask a different address, or record an answer.
    """
    return fitting(
        lambda most: _desk(trial, consents, most, words, today, said=said, problem=problem)
    )


def _desk(
    trial: Trial,
    consents: Sequence[Consent],
    most: int,
    words: Words,
    today: date,
    *,
    said: str,
    problem: Invalid | None,
) -> Card:
    asked = [consent for consent in consents if consent.answer == Answer.ASKED]
    until = _until(trial, words)
    about = [dotted(consent.email, _state(consent, words)) for consent in consents]
    other = _other_address(trial, asked, words, problem)
    record = _record(trial, words, today, problem)
    elements = [
        header(trial, words, today),
        kit.notice(said, "attention") if said else None,
        *rows(words, [kit.text(line) for line in about], most),
        kit.small(until),
        other.opened,
        record.opened,
    ]
    buttons = [
        ResendConsent.button(words, style="positive", trial=id_of(trial), version=trial.version)
        if asked
        else None,
        other.button,
        record.button,
        word_button(words, N_("Cancel…"), "cancel", trial),
        word_button(words, N_("Back"), "show", trial),
    ]
    text = paragraphs(headline(trial, words, today), said, until, bullets(about))
    return kit.card(words, text, elements, buttons)


def _until(trial: Trial, words: Words) -> Md:
    if trial.asked_on is None:
        return words("The 30 days to consent begin when you send the request in Partner Hub.")
    return words(
        "The customer can consent until {day}. Resending doesn't extend that.",
        day=dates.consent_deadline(trial.asked_on),
    )


def unreachable_card(
    asked: Sequence[tuple[Trial, Sequence[Consent]]],
    *,
    words: Words,
    today: date,
    by_mail: bool = False,
) -> Card:
    """Tell the space, once, whom of several trials Webex can't reach to ask for consent.

    `by_mail`: whether they were asked by e-mail as well.
    """
    return fitting(lambda most: _unreachable(asked, most, words, today, by_mail))


def _unreachable(
    asked: Sequence[tuple[Trial, Sequence[Consent]]],
    most: int,
    words: Words,
    today: date,
    by_mail: bool,
) -> Card:
    alone = len(asked) == 1
    texts: list[str] = []
    elements: list[Element] = []
    for trial, consents in asked:
        emails = words.join([consent.email for consent in consents])
        said = words(_ASKED_BY_MAIL if by_mail else _NOT_ASKED, email=emails)
        scope = "other" if alone else f"other{trial.id}"
        buttons = [
            _other_address(trial, consents, words, scope=scope).button,
            word_button(words, N_("Consent…"), "resend", trial, beside=not alone),
        ]
        texts += [headline(trial, words, today), said]
        parts = [header(trial, words, today), kit.notice(said), kit.buttons(buttons)]
        elements.append(kit.box(parts, separator=not alone))
    return kit.card(words, paragraphs(*texts), rows(words, elements, most))


_NOT_ASKED = N_(
    "I can't reach {email} in Webex, so the request wasn't delivered. The customer can still"
    " answer Cisco's e-mail. Do you have another address?"
)
_ASKED_BY_MAIL = N_(
    "I can't reach {email} in Webex, so I sent the request by e-mail only. Do you have another"
    " address?"
)


def _state(consent: Consent, words: Words) -> Md:
    return spaced(
        words.term(Answer, consent.answer),
        words("(can't be reached in Webex)") if consent.unreachable else "",
        "" if consent.full_administrator else words("(not a full administrator)"),
    )


def _other_address(
    trial: Trial,
    asked: Sequence[Consent],
    words: Words,
    problem: Invalid | None = None,
    *,
    scope: str = "other",
) -> Behind:
    if not asked:
        return Behind(None, None)
    return behind(
        OtherAddress,
        words,
        scope=scope,
        title=words("Send to another address…"),
        values={"old": asked[0].email},
        choices={"old": _addresses(asked)},
        problem=problem,
        trial=id_of(trial),
        version=trial.version,
    )


def _record(trial: Trial, words: Words, today: date, problem: Invalid | None) -> Behind:
    return behind(
        RecordConsent,
        words,
        scope="record",
        values={"day": today},
        problem=problem,
        trial=id_of(trial),
        version=trial.version,
    )


def _addresses(asked: Sequence[Consent]) -> list[tuple[str, str]]:
    return [(consent.email, consent.email) for consent in asked if "," not in consent.email]


# ------------------------------------------------------------------ what waits for Partner Hub


def _unseen(trial: Trial, task: HubTask, words: Words, today: date) -> Md:
    if trial.asked_on is None:
        return Md("")
    return words(
        "Partner Hub must show it by {day} (UTC)", day=dates.consent_deadline(trial.asked_on)
    )


def _declined(trial: Trial, task: HubTask, words: Words, today: date) -> Md:
    return words("cancel the request in Partner Hub")


reads(ACCEPTANCE, N_("Check the consent"), wanted=_unseen, done=N_("Partner Hub shows it"))
reads(DECLINING, N_("Cancel the request"), wanted=_declined)


# ------------------------------------------------------------------ reminders

_DROP = ((N_("Cancel…"), "cancel"),)
_ASK = ((N_("Consent…"), "resend"), *_DROP)
_WHY = ((N_("Add reason…"), "let go"),)

reminds(
    CONSENT_20,
    N_("no answer yet to the consent request"),
    N_("The customer can answer until {deadline}. Talk to them, or resend the request."),
    _ASK,
)
reminds(
    CONSENT_27,
    N_("still no consent; last day: {deadline}"),
    N_(
        "Without consent by then, the trial is cancelled. Talk to the customer, or resend"
        " the request today."
    ),
    _ASK,
    grave=True,
)
reminds(
    UNSEEN_27,
    N_("accepted here, not seen in Partner Hub; last day: {deadline}"),
    N_(
        "Without consent in Partner Hub by then, Cisco drops the request. Ask the customer to"
        " answer Cisco's e-mail or the request in Control Hub."
    ),
    _DROP,
    grave=True,
    in_hub=True,
)
reminds(
    UNSEEN_31,
    N_("accepted here, but did Partner Hub show it by {deadline}?"),
    N_("If it did, confirm it. If it didn't, Cisco has dropped the request: cancel the trial."),
    _DROP,
    grave=True,
    in_hub=True,
)
reminds(
    NO_CONSENT,
    N_("cancelled: no consent within 30 days"),
    N_("The customer is no longer on your list. Start a new trial when they're ready."),
    _WHY,
)


# ------------------------------------------------------------------ refusals

explains(
    RESENT_RECENTLY,
    N_("The request was sent less than an hour ago. You can resend it from {again_at}."),
    N_("The request was sent less than an hour ago. Try again later."),
)
explains(CONSENT_NOT_YOURS, N_("This request was sent to someone else. Only they can answer it."))
explains(CONSENT_WITHDRAWN, N_("Your answer came too late, so it doesn't count."))
explains(CONSENT_DECIDED, N_("This request has already been answered."))
explains(
    CONSENT_LAPSED,
    N_("The 30 days to answer are over. Ask the partner for a new request."),
)
explains(
    CONSENT_FROM_PARTNER, N_("You belong to the partner, so you can't answer for the customer.")
)
explains(
    NOT_FULL_ADMINISTRATOR,
    N_("Only one of the customer's full administrators can answer this request."),
)


# ------------------------------------------------------------------ history

tells(
    ORGANISATION_EXISTS,
    N_("{who} found that the organisation already exists and requested consent"),
)
tells(
    ACCEPTED,
    N_("{address} accepted on {day} {way}"),
    N_("The customer accepted on {day} {way} (recorded by {who})"),
    N_("The customer accepted on {day} (recorded by {who})"),
    N_("The customer accepted (recorded by {who})"),
)
tells(
    DECLINED,
    N_("{address} declined on {day} {way}"),
    N_("The customer declined on {day} {way} (recorded by {who})"),
    N_("The customer declined on {day} (recorded by {who})"),
    N_("The customer declined (recorded by {who})"),
)
tells(LAPSED, N_("The trial was cancelled: no consent within 30 days"))
tells(
    RESENT,
    N_("{who} resent the consent request to {to}"),
    N_("{who} resent the consent request"),
)
tells(
    READDRESSED,
    N_("{who} sent the consent request to {to} instead of {old_to}"),
    N_("{who} sent the consent request to another address"),
)
