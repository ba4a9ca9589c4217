"""`make` notices when a `.venv` belongs to another folder or has lost its Python."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of what `make` reads, with a complete `.venv` that was made for the copy."""
    folder = tmp_path / "a copy"
    shutil.copytree(ROOT / ".make", folder / ".make")
    shutil.copytree(ROOT / "sandbox", folder / "sandbox", ignore=shutil.ignore_patterns("*modules"))
    for name in ("Makefile", "pyproject.toml", ".constraints.txt"):
        shutil.copy(ROOT / name, folder)
    made = folder / ".venv"
    (made / "bin").mkdir(parents=True)
    (made / ".folder").write_text(f"{folder}\n")
    (made / "bin/python").write_text("#!/bin/sh\nexit 0\n")
    (made / "bin/python").chmod(0o755)
    (made / ".run").touch()
    (made / ".dev").touch()
    return folder


def make(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["make", *words], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("goal", ["run", "check", "test", "soak"])
def test_a_venv_of_this_folder_is_kept(folder: Path, goal: str) -> None:
    said = make(folder, "--dry-run", goal)
    assert "Making .venv" not in said
    assert "Installing what the bot" not in said
    assert "Installing what the tests" not in said


@pytest.mark.parametrize("goal", ["run", "check", "test", "soak"])
def test_a_venv_of_another_folder_is_rebuilt(folder: Path, goal: str) -> None:
    copied = folder.rename(folder.with_name("another copy"))
    said = make(copied, "--dry-run", goal)
    assert "Making .venv" in said
    assert "Installing what the" in said.partition("Making .venv")[2]


def test_a_venv_without_a_stamp_is_rebuilt(folder: Path) -> None:
    (folder / ".venv/.folder").unlink()
    assert "Making .venv" in make(folder, "--dry-run", "run")


@pytest.mark.parametrize("python", ["gone", "upgraded"])
def test_a_venv_whose_python_is_gone_or_upgraded_is_rebuilt(folder: Path, python: str) -> None:
    file = folder / ".venv/bin/python"
    if python == "gone":
        file.unlink()
        file.symlink_to(folder / "no python")
    else:
        file.write_text('#!/bin/sh\necho "No module named pip" >&2\nexit 1\n')
    assert "Making .venv" in make(folder, "--dry-run", "run")


def test_a_rebuilt_venv_belongs_to_this_folder_and_is_then_kept(folder: Path) -> None:
    copied = folder.rename(folder.with_name("another copy"))
    (copied / ".venv/of the other folder").touch()
    make(copied, ".venv/bin/python")
    assert not (copied / ".venv/of the other folder").exists()
    asked = [copied / ".venv/bin/python", "-c", "import sys; print(sys.prefix)"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(copied / ".venv")
    assert "Making .venv" not in make(copied, ".venv/bin/python")
