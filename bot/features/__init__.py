"""What people can do, a file each: a handler says what an operation did.

Importing this imports every file of the room, and so registers what they answer.
"""

from importlib import import_module
from pkgutil import walk_packages

for _found in walk_packages(__path__, f"{__name__}."):
    import_module(_found.name)
