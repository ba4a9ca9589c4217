"""What people can do, a file each: a handler says what an operation did. Importing registers it."""

from bot.features import (
    cancel,
    extend,
    home,
    let_go,
    lists,
    partner_hub,
    provisioned,
    setup,
    show,
    word,
)

__all__ = [
    "cancel",
    "extend",
    "home",
    "let_go",
    "lists",
    "partner_hub",
    "provisioned",
    "setup",
    "show",
    "word",
]
