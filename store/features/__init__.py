"""What can be done with trials and asked about them, one file per feature.

Operations are functions of a transaction. Importing this package imports every feature, which
registers its reminders.
"""

from importlib import import_module
from pkgutil import walk_packages

for _found in walk_packages(__path__, f"{__name__}."):
    import_module(_found.name)
