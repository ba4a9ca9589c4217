"""The cards of each feature, and what comes back on them.

Importing this imports every file of the room, and so registers what each one declares: how its
reminders, refusals and rows of history read, and its buttons on a trial's card.
"""

from importlib import import_module
from pkgutil import walk_packages

for _found in walk_packages(__path__, f"{__name__}."):
    import_module(_found.name)
