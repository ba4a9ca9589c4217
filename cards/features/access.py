"""The partner's access to the customer, which decides whether it can manage the trial."""

from datetime import date

from cards.kit import kit
from cards.kit.behind import behind
from cards.kit.forms import Form, Invalid, carried, day
from cards.kit.history import tells
from cards.kit.kit import Element
from cards.kit.refusals import wrong_day
from cards.kit.rules import on_trial
from cards.kit.words import N_, Words
from store.features.access import ACCESS_GIVEN, GIVE_ACCESS
from store.rules import statuses
from store.tables import Trial, id_of
from store.terms import Access, Kind, Status


class AccessGiven(
    Form,
    key="trial.access",
    rule=on_trial(GIVE_ACCESS),
    title=N_("Record access"),
    submit=N_("Record access"),
    refused_at=wrong_day("done_on"),
):
    """Record that the customer gave the partner full administrator access."""

    trial: int = carried()
    version: int = carried()
    done_on: date = day(N_("Access given on"))


def access_box(
    trial: Trial, words: Words, today: date, *, may_change: bool, problem: Invalid | None = None
) -> Element | None:
    """Warn that full access is missing, with the button that clears the warning."""
    waiting = statuses.status(trial, today) in (
        Status.ACCEPTED_HERE,
        Status.PENDING_PROVISIONING,
        Status.ACTIVE,
        Status.GRACE,
    )
    if not waiting or trial.kind is not Kind.EXISTING or trial.access is Access.FULL:
        return None
    given = behind(
        AccessGiven,
        words,
        scope="access",
        values={"done_on": today},
        problem=problem,
        trial=id_of(trial),
        version=trial.version,
    )
    return kit.box(
        [
            kit.text(words(_WARNINGS[trial.access])),
            *([given.opened, kit.buttons([given.button])] if may_change else []),
        ],
        style="warning",
    )


_WARNINGS = {
    Access.UNKNOWN: N_(
        "Confirm your access: without full administrator access you may be unable to manage"
        " this trial."
    ),
    Access.NONE: N_(
        "You may be unable to manage this trial: no full administrator access was given."
    ),
}


# ------------------------------------------------------------------ history

tells(
    ACCESS_GIVEN,
    N_("{who} recorded that the customer gave full administrator access on {day}"),
    N_("{who} recorded full administrator access"),
)
