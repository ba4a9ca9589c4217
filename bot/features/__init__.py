"""What people can do, a file each: a handler says what an operation did. Importing registers it."""

from bot.features import (
    access,
    cancel,
    consent,
    extend,
    home,
    let_go,
    lists,
    old_card,
    partner_hub,
    provisioned,
    setup,
    show,
    spaces,
    start,
    word,
)

__all__ = [
    "access",
    "cancel",
    "consent",
    "extend",
    "home",
    "let_go",
    "lists",
    "old_card",
    "partner_hub",
    "provisioned",
    "setup",
    "show",
    "spaces",
    "start",
    "word",
]
