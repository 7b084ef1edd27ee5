"""A process of its own for what a stranger's file or a large drawing may do: bounded, alone."""

import resource
from contextlib import suppress
from pathlib import Path


def confine(memory_bytes: int, cpu_seconds: int) -> None:
    """From here on this process has no more than that of addresses and of the processor."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold people's data
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    with suppress(OSError, ValueError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    with suppress(OSError):  # when memory runs out, Linux shall end this process and no other
        Path("/proc/self/oom_score_adj").write_text("1000")
