"""Recording and correcting the serial numbers that were shipped."""

from collections.abc import Sequence

from bot.conversation.routes import on
from bot.conversation.turn import Turn
from bot.features.devices import sheet_again, show_devices
from bot.features.returns import show_return
from bot.features.shared import trial
from cards.features.serials import RecordSerials
from cards.features.shared.shipment import Sheet
from store.features.serials import record_serials as record
from store.say import Say


@on(RecordSerials, ask_again=sheet_again(Sheet.SERIALS))
def record_serials(turn: Turn, form: RecordSerials) -> Sequence[Say]:
    """Replace the shipment's serial numbers, and continue where they were asked for."""
    changed = record(
        turn.session,
        form.trial,
        turn.act(form.version),
        shipment_id=form.shipment,
        serials=form.serials,
    )
    said = turn.words.plural(
        "{n} serial number recorded.", "{n} serial numbers recorded.", len(form.serials)
    )
    go_on = show_return if form.then == "return" else show_devices
    return go_on(turn, trial.seen(turn, changed), said)
