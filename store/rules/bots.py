"""Bots, recognised by their addresses."""

_ENDINGS = ("@webex.bot", "@sparkbot.io")


def is_bot(address: str) -> bool:
    """Whether an address is a bot's: Webex gives bots addresses of their own domains."""
    return address.strip().lower().endswith(_ENDINGS)
