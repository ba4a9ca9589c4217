"""Everything that people can do, one module per feature: each handler reports what it did.

Importing this package imports every module in it and so registers their handlers.
"""

from importlib import import_module
from pkgutil import walk_packages

for _found in walk_packages(__path__, f"{__name__}."):
    import_module(_found.name)
