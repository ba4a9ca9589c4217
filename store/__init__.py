"""The data layer: tables, pure rules, operations, queues and queries.

Must not contain network access, cards, text shown to people, or the clock. Imports neither cards
nor bot.
"""

from zoneinfo import reset_tzpath

# Use only the time zones of the tzdata package, so that they are the same on every machine.
reset_tzpath(to=())
