"""Knows: tables, pure rules, operations, queues and questions.

May not be here: the network, cards, words shown to people, the clock.
Imports neither cards nor bot.
"""

from zoneinfo import reset_tzpath

# Time zones come from the package tzdata alone, so that every machine has the same ones.
reset_tzpath(to=())
