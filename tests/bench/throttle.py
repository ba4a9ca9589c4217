"""`python -m tests.bench.throttle SHARE PIDS…`: hold processes to a share of a core each.

A process that has used its share of a slice is stopped until the next slice, as under a container's
CPU limit; waiting costs it nothing. On SIGTERM all processes go on as before.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

SLICE = 0.02
"""Seconds; every slice a process may use its share of this."""

LOOK = 0.0005
"""Seconds between looks at what the processes have used."""


@contextmanager
def held(pids: Sequence[int], share: float) -> Iterator[None]:
    """Hold processes to a share of a core each while the block runs."""
    command = [sys.executable, "-m", "tests.bench.throttle", str(share), *map(str, pids)]
    throttle = subprocess.Popen(command)
    try:
        yield
        assert throttle.poll() is None, "the throttle ended too early"
    finally:
        throttle.terminate()
        throttle.wait(10)


def throttle(pids: Sequence[int], share: float) -> None:
    """Hold processes to a share of a core each until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    all_of_them = [_Throttled(pid, share) for pid in pids]
    try:
        while True:
            _slice(all_of_them)
    finally:
        for each in all_of_them:
            each.go_on()


def _slice(throttled: Sequence["_Throttled"]) -> None:
    """Let processes run for one slice, each until it has used its share."""
    ends = time.monotonic() + SLICE
    running = list(throttled)
    for each in running:
        each.begin()
    while time.monotonic() < ends:
        over = [each for each in running if each.is_over]
        for each in over:
            each.stop()
            running.remove(each)
        time.sleep(LOOK)


class _Throttled:
    """A process and the CPU time up to which it may run."""

    def __init__(self, pid: int, share: float) -> None:
        self._pid = pid
        self._each = SLICE * share
        self._may_use = self._used

    def begin(self) -> None:
        """Begin a slice: what it overran is taken off, and what it left isn't saved."""
        self._may_use = min(self._may_use, self._used) + self._each
        if not self.is_over:
            self.go_on()

    @property
    def is_over(self) -> bool:
        """Whether it has used its share."""
        return self._used >= self._may_use

    def stop(self) -> None:
        """Stop it until it may go on."""
        os.kill(self._pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it run."""
        os.kill(self._pid, signal.SIGCONT)

    @property
    def _used(self) -> float:
        """CPU seconds that all its threads have used."""
        return time.clock_gettime(~self._pid << 3 | 2)  # the clock of clock_getcpuclockid(3)


if __name__ == "__main__":
    throttle([int(pid) for pid in sys.argv[2:]], float(sys.argv[1]))
