"""A process of its own for what a stranger's file or a large drawing may do: bounded, alone."""

import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from volunteer_svc.domain.errors import Fault, Refusal

_SOURCE_ROOT = Path(__file__).parents[1]
T = TypeVar("T", bound=msgspec.Struct)


class Refused(msgspec.Struct, frozen=True, tag=True):
    """What the process answers instead, where the file is the reason."""

    faults: tuple[Fault, ...]


def ask(
    module: str, limit: int, content: bytes, answer: type[T], *, seconds: float, killed: Refusal
) -> T:
    """Blocks while `module`, in a process of its own, reads a stranger's file; what it answers, a
    struct with a tag. `limit` is its argument.

    Raises what it refused, and `killed` when it took longer than `seconds` or ended by a signal:
    by a limit of `confine`, by a library's abort, or for memory.
    """
    try:
        done = subprocess.run(  # noqa: S603 - no part of the command comes from outside
            [sys.executable, "-m", module, str(limit)],
            input=content,
            capture_output=True,
            timeout=seconds,
            env={"PYTHONPATH": str(_SOURCE_ROOT)},  # and no secret of the server
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise killed from None
    if done.returncode < 0:
        raise killed
    if done.returncode > 0:  # no file can do this: the installation is broken
        raise RuntimeError(f"{module} did not run: {done.stderr[-500:]!r}")
    read: T | Refused = msgspec.msgpack.decode(done.stdout, type=answer | Refused)
    if isinstance(read, Refused):
        raise Refusal(*read.faults)
    return read


def confine(memory_bytes: int, cpu_seconds: int) -> None:
    """From here on this process has no more than that of addresses and of the processor."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold people's data
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    with suppress(OSError, ValueError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    with suppress(OSError):  # when memory runs out, Linux shall end this process and no other
        Path("/proc/self/oom_score_adj").write_text("1000")
