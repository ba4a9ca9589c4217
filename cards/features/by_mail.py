"""E-mails to a customer, and the pages that their links lead to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cards.features.consent import (
    binding,
    consent_outcome,
    full_access,
    give_full_access,
    if_you_accept,
    not_yours,
    request_facts,
    who_asks,
)
from cards.kit.html import Html, joined, tag
from cards.kit.letter import Facts, Link, Part, Small, as_html, as_text, facts_table
from cards.kit.links import CONTROL_HUB
from cards.kit.web_page import FORM_FIELD, web_page
from cards.kit.words import N_, Md, Words, plain
from store.rules import dates, statuses
from store.tables import Consent, Person, Trial
from store.terms import Answer

ANSWER, ACCEPT, DECLINE, FULL_ACCESS = "answer", "accept", "decline", "full_access"
"""What the consent page's form sends."""

ONE_CLICK = ("List-Unsubscribe", "One-Click")
"""What a mail program posts to unsubscribe (RFC 8058); our own page posts the same."""


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail's subject, its plain text and its HTML."""

    subject: str
    text: str
    html: str


# ------------------------------------------------------------------ e-mails


def consent_letter(
    consent: Consent, trial: Trial, *, words: Words, asker: Person | None, link: str
) -> Letter:
    """Ask for consent by e-mail; the link leads to the page on which it is answered."""
    decides = consent.full_administrator
    parts: list[Part] = [
        who_asks(trial, words, asker),
        Facts(request_facts(trial, words, _deadline(trial))),
        if_you_accept(trial, words) if decides else not_yours(words),
        Link(words("Read and answer") if decides else words("Read the request"), link),
        Small(binding(words)),
        Small(_only_you(consent, words) if decides else ""),
        Link(words("Open Control Hub"), CONTROL_HUB, small=True),
    ]
    return _letter(_title(trial, words), parts, words)


def _only_you(consent: Consent, words: Words) -> Md:
    return words(
        "This request is for {email}. Please don't forward it: whoever opens the link can answer"
        " it.",
        email=consent.email,
    )


def notice_letter(trial: Trial, notice: str, *, words: Words, unsubscribe: str) -> Letter:
    """Send a notice by e-mail; `notice`: its text as in Webex, title first."""
    _, _, said = notice.partition("\n\n")
    why = words(
        "You get this e-mail because {partner} runs this trial for you and Webex can't deliver it.",
        partner=trial.partner.name,
    )
    parts: list[Part] = [
        Md(said),
        Link(words("Open Control Hub"), CONTROL_HUB),
        Small(why),
        Link(words("Stop these messages"), unsubscribe, small=True),
    ]
    return _letter(_title(trial, words), parts, words)


def _letter(title: Md, parts: Sequence[Part], words: Words) -> Letter:
    return Letter(plain(title), as_text([title, *parts]), as_html(title, parts, words))


def _title(trial: Trial, words: Words) -> Md:
    return words("Webex trial for {company}", company=trial.customer.company)


def _deadline(trial: Trial) -> date | None:
    return dates.consent_deadline(trial.asked_on) if trial.asked_on else None


BOUNCED = N_("The e-mail to {address} couldn't be delivered: {why}")

DECIDED_BY_LINK = {
    (True, True): N_(
        "{person} accepted through the e-mail link and gave you full administrator access."
    ),
    (True, False): N_(
        "{person} accepted through the e-mail link without giving you full administrator access."
    ),
    (False, False): N_("{person} declined the trial through the e-mail link."),
}
"""What the partner hears, by: accepted, gave full access."""


# ------------------------------------------------------------------ the consent page


@dataclass(frozen=True, slots=True)
class Decided:
    """Who answered a request, by the card or link that they answered on, and who they are."""

    consent: Consent
    person: Person | None


def consent_page(
    consent: Consent,
    trial: Trial,
    *,
    words: Words,
    today: date,
    nonce: str,
    proof: str,
    asker: Person | None = None,
    decided: Decided | None = None,
    said: str = "",
) -> Html:
    """The page of a request: the same facts and choice as the card, or what became of it.

    `nonce`: for the style sheet. `proof`: shows that the form is ours. `said`: why an answer that
    was just sent doesn't count.
    """
    lapsed = consent.answer == Answer.ASKED and statuses.lapsed(trial, today)
    answer = Answer.LAPSED if lapsed else consent.answer
    outcome = _by_whom(decided, trial, words) if decided else consent_outcome(answer, words)
    inside = joined(
        tag("p", who_asks(trial, words, asker)),
        tag("p", said, role="alert", class_="notice") if said else Html(""),
        tag("p", outcome, role="status", class_="notice") if outcome else Html(""),
        facts_table(request_facts(trial, words, None if outcome else _deadline(trial))),
        Html("") if outcome else _choice(consent, trial, words, proof),
        tag("p", binding(words), class_="small"),
        tag("p", tag("a", words("Open Control Hub"), href=CONTROL_HUB, rel="noreferrer")),
    )
    return web_page(_title(trial, words), inside, words, nonce)


def _by_whom(decided: Decided, trial: Trial, words: Words) -> Md:
    consent, at = decided.consent, decided.consent.decided_at
    person = decided.person
    return words(
        _ANSWERED[consent.answer],
        person=words.name(person) if person else consent.email,
        when=words.instant(at, trial.space.time_zone) if at else "",
    )


_ANSWERED = {
    Answer.ACCEPTED: N_("{person} accepted the trial on {when}."),
    Answer.DECLINED: N_("{person} declined the trial on {when}. Nothing will be set up."),
}


def _choice(consent: Consent, trial: Trial, words: Words, proof: str) -> Html:
    if not consent.full_administrator:
        return tag("p", not_yours(words))
    tick = tag("input", type="checkbox", name=FULL_ACCESS, value="true", id=FULL_ACCESS)
    return joined(
        tag("p", if_you_accept(trial, words)),
        tag(
            "form",
            tag("input", type="hidden", name=FORM_FIELD, value=proof),
            tag("p", tick, tag("label", give_full_access(trial, words), for_=FULL_ACCESS)),
            tag("p", full_access(trial, words), class_="small"),
            _button(words("Accept"), ANSWER, ACCEPT, "main"),
            _button(words("Decline"), ANSWER, DECLINE, "other"),
            method="post",
        ),
        tag("p", _only_you(consent, words), class_="small"),
    )


def _button(title: Md, name: str, value: str, look: str) -> Html:
    return tag("button", title, type="submit", name=name, value=value, class_=look)


# ------------------------------------------------------------------ other pages


def unsubscribe_page(trial: Trial, *, words: Words, nonce: str) -> Html:
    """The page on which a customer's administrator stops the notices of a trial."""
    if not trial.customer_notices:
        stopped = words("You won't get any more of these messages about this trial.")
        return web_page(
            _title(trial, words), tag("p", stopped, role="status", class_="notice"), words, nonce
        )
    asks = words(
        "Do you want to stop messages from {partner} about this trial?", partner=trial.partner.name
    )
    name, value = ONE_CLICK
    button = _button(words("Stop these messages"), name, value, "main")
    inside = joined(tag("p", asks), tag("form", button, method="post"))
    return web_page(_title(trial, words), inside, words, nonce)


def no_page(words: Words, nonce: str) -> Html:
    """The page of a link that isn't valid, or no longer: it reveals nothing."""
    said = words(
        "This link isn't valid. Check that you copied all of it, or ask your Webex partner for a"
        " new one."
    )
    return web_page(words("Link not valid"), tag("p", said), words, nonce)


def busy_page(words: Words, nonce: str) -> Html:
    """The page shown while the database can't be reached."""
    said = words("Something isn't working right now. Nothing was changed. Try again in a minute.")
    return web_page(words("Try again later"), tag("p", said), words, nonce)


def not_ours(words: Words, *, cookie: bool) -> Md:
    """Say that an answer didn't come from our page, or came without our `cookie`."""
    if not cookie:
        return words(
            "Your browser doesn't keep this page's cookie, so nothing was decided. Allow cookies"
            " for this page and open the link again."
        )
    return words("Your answer didn't arrive from this page, so nothing was decided. Press again.")


def too_late(words: Words) -> Md:
    """Say that an answer to a request that was replaced doesn't count."""
    return words("Your answer came too late, so it doesn't count.")
