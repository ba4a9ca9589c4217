"""Extending a trial: both end dates, the days gained, and the warnings."""

from collections.abc import Sequence
from datetime import date

from cards.kit import kit
from cards.kit.forms import Form, Invalid, carried, choose, day, tick
from cards.kit.history import tells
from cards.kit.kit import Card, Element
from cards.kit.links import EXTENSIONS_MAILBOX
from cards.kit.offers import offers
from cards.kit.open_changes import reads
from cards.kit.refusals import explains, wrong_day
from cards.kit.reminding import reminds
from cards.kit.rules import on_trial
from cards.kit.sheet import sheet
from cards.kit.words import N_, Md, Words, dotted, spaced
from store.features.extend import (
    EXTEND,
    EXTENDED,
    EXTENSION,
    EXTENSION_ASKED,
    STILL_UNSURE,
    Extended,
    days_of,
)
from store.rules.extensions import NOT_AN_EXTENSION_CHOICE, SHORTENS, Caution, Extension, extension
from store.rules.statuses import status
from store.tables import HubTask, Trial
from store.terms import Status

offers("extend", N_("Extend…"), EXTEND, place=20)


class ExtendTrial(
    Form,
    key="trial.extend",
    rule=on_trial(EXTEND),
    title=N_("Extend the trial"),
    submit=N_("Extend"),
    refused_at={
        SHORTENS: "shorten",
        NOT_AN_EXTENSION_CHOICE: "days",
        **wrong_day("done_on"),
    },
):
    """Extend a trial."""

    trial: int = carried()
    version: int = carried()
    days: int = choose(N_("New end date"), expanded=True)
    done_on: date | None = day(
        N_("Done in Partner Hub on"),
        required=False,
        hint=N_("Leave empty if it isn't done there yet."),
    )
    shorten: bool = tick(N_("I know this makes the trial shorter"))


def extend_card(
    trial: Trial, *, words: Words, today: date, said: str = "", problem: Invalid | None = None
) -> Card:
    """Show what extending today would do, and the form; `said`: why it was just refused."""
    extensions = {days: extension(trial, today, days) for days in trial.partner.extension_days}
    asks = problem is not None and "shorten" in problem.messages
    shortens = asks or any(change.shortens for change in extensions.values())
    changes = list(extensions.values())
    return sheet(
        ExtendTrial,
        trial,
        words,
        today,
        meaning=[
            words("Extensions run from today, not from the current end."),
            *(_outlook(change, words) for change in changes),
        ],
        care=_cautions(changes, words),
        said=said,
        problem=problem,
        values={"days": min(extensions)},
        choices={"days": _choices(extensions, words)},
        only=None if shortens else {"days", "done_on"},
        below=[_devices(trial, words)],
    )


def extended(said: Extended, words: Words) -> Md:
    """Say what an extension does, or did: both end dates, the days gained, and the warnings."""
    change = said.extension
    sentence = (
        N_("Extended: {old} → {new} ({gain}).")
        if said.done
        else N_("Extension wanted: {old} → {new} ({gain}) if it's done in Partner Hub today.")
    )
    return spaced(
        words(sentence, gain=_gain(change, words), **_both(change)), *_cautions([change], words)
    )


def _wanted(trial: Trial, task: HubTask, words: Words, today: date) -> Md:
    change = extension(trial, today, days_of(task))
    if status(trial, today) is Status.UNSURE:
        return words("Extension by {days} wanted, not confirmed", days=words.days(days_of(task)))
    return words("→ {day} if done today ({gain})", day=change.new, gain=_gain(change, words))


reads(EXTENSION, N_("Extend the trial"), wanted=_wanted, give_up=N_("Not extended"))


def _both(change: Extension) -> dict[str, date]:
    return {"old": change.old, "new": change.new}


def _choices(extensions: dict[int, Extension], words: Words) -> list[tuple[str, str]]:
    return [
        (
            str(days),
            dotted(
                words("{days} from today: {day}", days=words.days(days), day=change.new),
                _gain(change, words),
            ),
        )
        for days, change in extensions.items()
    ]


def _outlook(change: Extension, words: Words) -> Md:
    if change.shortens:
        return words(
            "Extending today would end it on {new}; it already ends on {old}. You gain nothing"
            " before {pays_from}.",
            pays_from=change.pays_from,
            **_both(change),
        )
    return words(
        "Extending today would move the end date from {old} to {new} ({gain}).",
        gain=_gain(change, words),
        **_both(change),
    )


def _gain(change: Extension, words: Words) -> Md:
    if change.gained > 0:
        return words.plural("+{n} day", "+{n} days", change.gained)
    if change.gained == 0:
        return words("no days gained")
    return words.plural("−{n} day", "−{n} days", -change.gained)


def _cautions(changes: Sequence[Extension], words: Words) -> list[Md]:
    cautions = {caution for change in changes for caution in change.warnings}
    return [words(CAUTIONS[caution]) for caution in Caution if caution in cautions]


CAUTIONS = {
    Caution.REPEATED: N_("This trial was already extended: Cisco may not grant another extension."),
    Caution.PAST_120: N_("The trial would last more than 120 days in total."),
    Caution.IN_GRACE: N_(
        "The trial has expired: only conversion to paid is documented for the grace"
        " period. If Partner Hub doesn't offer an extension, ask the trials team."
    ),
}


def _devices(trial: Trial, words: Words) -> Element | None:
    if not trial.shipments:
        return None
    return kit.small(
        words(
            "This doesn't extend the devices. Write to {mailbox}; type *devices {code}*"
            " for the text.",
            mailbox=EXTENSIONS_MAILBOX,
            code=trial.code,
        )
    )


# ------------------------------------------------------------------ refusals

explains(
    SHORTENS,
    N_(
        "This extension would end the trial on {new} instead of {old}. You gain nothing"
        " before {pays_from}. If you want a shorter trial, tick the box."
    ),
    N_("This would shorten the trial. If you want that, tick the box."),
)
explains(
    NOT_AN_EXTENSION_CHOICE,
    N_("That length isn't offered. Choose from these (days): {choices}."),
    N_("That length isn't offered. Choose one from the list."),
)


# ------------------------------------------------------------------ reminders

reminds(
    STILL_UNSURE,
    N_("ended, unless it was extended: check in Partner Hub"),
    N_(
        "An extension was wanted and never confirmed. If it was made by {grace}, confirm it with"
        " its day. If it wasn't, the trial is over."
    ),
    grave=True,
    in_hub=True,
)


# ------------------------------------------------------------------ history

tells(EXTENSION_ASKED, N_("{who} asked to extend"))
tells(
    EXTENDED,
    N_("{who} confirmed: {old_ends} → {ends}"),
    N_("{who} confirmed an extension"),
)
