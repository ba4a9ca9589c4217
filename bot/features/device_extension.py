"""Device extensions: requested from the trials team, approved, denied."""

from collections.abc import Sequence

from bot.conversation.routes import on
from bot.conversation.turn import Turn
from bot.features.devices import sheet_again, told
from cards.features.device_extension import ExtensionApproved, ExtensionAsked, ExtensionDenied
from cards.features.shared.shipment import Sheet
from store.features import device_extension
from store.features.device_extension import Wish
from store.rules.dates import due_back
from store.say import Say


@on(ExtensionAsked)
def extension_asked(turn: Turn, form: ExtensionAsked) -> Sequence[Say]:
    """Record that the e-mail was sent, and what it asked for."""
    changed = device_extension.asked(
        turn.session,
        form.trial,
        turn.act(form.version),
        shipment_id=form.shipment,
        wish=Wish(form.named_until, form.named_why) if form.named_until else None,
    )
    return told(turn, changed, lambda words: words("Device extension requested from Cisco."))


@on(ExtensionApproved, ask_again=sheet_again(Sheet.EXTENSION))
def extension_approved(turn: Turn, form: ExtensionApproved) -> Sequence[Say]:
    """Record the extension: D moves, and the return date with it."""
    changed = device_extension.approved(
        turn.session,
        form.trial,
        turn.act(form.version),
        shipment_id=form.shipment,
        until=form.until,
    )
    return told(
        turn,
        changed,
        lambda words: words(
            "Extension approved: the devices can stay until {day} and are due back at"
            " Cisco by {due}.",
            day=form.until,
            due=due_back(form.until),
        ),
    )


@on(ExtensionDenied)
def extension_denied(turn: Turn, form: ExtensionDenied) -> Sequence[Say]:
    """Record the denial; D stays the same."""
    changed = device_extension.denied(
        turn.session, form.trial, turn.act(form.version), shipment_id=form.shipment
    )
    return told(
        turn,
        changed,
        lambda words: words("Extension denied: the devices are still due back as planned."),
    )
