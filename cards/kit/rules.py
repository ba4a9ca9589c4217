"""Rules: who may press a form's button or type a command, about what, and where.

    class ExtendTrial(Form, key="trial.extend", rule=on_trial(EXTEND)): …

    @command("extend", rule=with_role(EXTEND), takes="X", help=N_("…"))

A form with a key needs a rule. `bot/conversation/guard.py` checks it before the form's choices, its
handler and its corrections; a command's rule is checked before the command runs, typed or pressed.
Whether today's status allows a change is left to the operation.
"""

from dataclasses import dataclass
from enum import StrEnum

from store.rules.rights import Action
from store.rules.transitions import Change


class About(StrEnum):
    """The subject of a rule: what the right is checked on.

    `TRIAL`, `PARTNER`, `SPACE`: one of a partner at which the person's role allows it. `DRAFT`:
    one's own, or a colleague's to copy. `CONSENT`: the request, for who was asked, in the room
    where they were asked. `CUSTOMER`: the trial, for its customer's administrator. `HERE`: in a
    space, its partner; one to one, oneself. `ANY_PARTNER`: in a space, its partner; one to one, any
    partner at which a role allows it. `NEW_SPACE`: the room, for the operator's people and full
    administrators. `COMMAND`: the command that the button runs, by its own rule. `NOTHING`: nothing
    that needs a right.
    """

    TRIAL = "trial"
    DRAFT = "draft"
    PARTNER = "partner"
    SPACE = "space"
    CONSENT = "consent"
    CUSTOMER = "customer"
    HERE = "here"
    ANY_PARTNER = "any-partner"
    NEW_SPACE = "new-space"
    COMMAND = "command"
    NOTHING = "nothing"


class Place(StrEnum):
    """Where it may be done. `OWN_SPACE`: a linked space of the subject's partner, or one to one."""

    OWN_SPACE = "own-space"
    ONE_TO_ONE = "one-to-one"
    ANYWHERE = "anywhere"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do something: the right that they need on its subject, and the place.

    `needs`: the action that the person's role must allow, or the change that needs it; None if the
    subject alone decides. `field`: the form's field with the subject's id. `operators`: the
    operator's people may do it too, one to one.
    """

    about: About
    needs: Action | Change | None = None
    place: Place = Place.OWN_SPACE
    field: str = ""
    operators: bool = False

    @property
    def action(self) -> Action | None:
        """The action that the role must allow."""
        return self.needs.needs if isinstance(self.needs, Change) else self.needs


# ------------------------------------------------------------------ forms about something


def on_trial(needs: Action | Change) -> Rule:
    """For people whose role allows this on the trial, which the form carries as `trial`."""
    return Rule(About.TRIAL, needs, field="trial")


def on_draft() -> Rule:
    """For the owner of the draft, which the form carries as `draft`; others may only copy it."""
    return Rule(About.DRAFT, Action.START, field="draft")


def on_partner(needs: Action, *, operators: bool = False) -> Rule:
    """For people whose role allows this at the partner, which the form carries as `partner`."""
    return Rule(About.PARTNER, needs, field="partner", operators=operators)


def on_space(needs: Action, place: Place = Place.OWN_SPACE) -> Rule:
    """For people whose role allows this at the partner of the space, the form's field `space`."""
    return Rule(About.SPACE, needs, place, field="space")


def for_who_was_asked() -> Rule:
    """For the person whose consent was asked, where it was asked; the form carries `consent`."""
    return Rule(About.CONSENT, place=Place.ONE_TO_ONE, field="consent")


def for_the_customer() -> Rule:
    """For the administrator of the customer of the trial that the form carries, one to one."""
    return Rule(About.CUSTOMER, place=Place.ONE_TO_ONE, field="trial")


# ------------------------------------------------------------------ commands, and other forms


def with_role(needs: Action | Change) -> Rule:
    """For people with a role that allows this: at the space's partner, one to one at any.

    What the command is about, such as a trial that is named, is checked when it is known.
    """
    return Rule(About.ANY_PARTNER, needs)


def here(needs: Action) -> Rule:
    """In a space, for people whose role allows this at its partner; one to one, for anybody."""
    return Rule(About.HERE, needs)


def on_new_space() -> Rule:
    """For those who may link a room to a partner: the operator's people, full administrators."""
    return Rule(About.NEW_SPACE, place=Place.ANYWHERE)


def as_its_command() -> Rule:
    """For those who may run the command that the button names."""
    return Rule(About.COMMAND, place=Place.ANYWHERE)


def for_anybody() -> Rule:
    """For anybody, anywhere: it shows and changes nothing that needs a right."""
    return Rule(About.NOTHING, place=Place.ANYWHERE)
