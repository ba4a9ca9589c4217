"""What can be done to trials and asked of them, a file a feature: functions of a transaction.

Importing this imports every file of the room, and so registers the reminders that each one plans.
"""

from importlib import import_module
from pkgutil import walk_packages

for _found in walk_packages(__path__, f"{__name__}."):
    import_module(_found.name)
