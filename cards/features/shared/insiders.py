"""Why an address can't be a customer's."""

from cards.kit.refusals import explains
from cards.kit.words import N_
from store.features.shared.insiders import BOT_ADDRESS, OWN_PERSON

explains(
    OWN_PERSON,
    N_("{address} belongs to your own people. Enter somebody at the customer."),
    N_("That's one of your own people. Enter somebody at the customer."),
)
explains(
    BOT_ADDRESS,
    N_("{address} is a bot. Enter a person at the customer."),
    N_("That's a bot. Enter a person at the customer."),
)
