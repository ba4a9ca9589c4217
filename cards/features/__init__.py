"""The cards of each feature, and the forms on them.

Importing this package imports every module in it and so registers what each one declares: the texts
of its reminders, refusals and history rows, and its buttons on a trial's card.
"""

from importlib import import_module
from pkgutil import walk_packages

for _found in walk_packages(__path__, f"{__name__}."):
    import_module(_found.name)
