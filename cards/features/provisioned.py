"""Recording that an accepted trial was set up: from that day on it runs."""

from datetime import date

from cards.kit.forms import Form, Invalid, carried, day
from cards.kit.kit import Card
from cards.kit.sheet import sheet
from cards.kit.words import N_, Words
from store.rules.dates import end_of
from store.tables import Trial


class Provisioned(
    Form, key="trial.provisioned", title=N_("Provisioned"), submit=N_("It is provisioned")
):
    """Record the day on which the services were set up."""

    trial: int = carried()
    version: int = carried()
    day: date = day(N_("Provisioned in Partner Hub on"))


def provisioned_card(
    trial: Trial, *, words: Words, today: date, said: str = "", problem: Invalid | None = None
) -> Card:
    """Ask for the day, and say which end follows from it."""
    follows = words(
        "The trial lasts {days} from that day: provisioned today, it ends on {end}.",
        days=words.days(trial.duration),
        end=end_of(today, trial.duration),
    )
    return sheet(
        Provisioned,
        trial,
        words,
        today,
        meaning=[follows],
        said=said,
        problem=problem,
        values={"day": today},
    )
