"""Imports a workbook as the service does, a process of its own, and tells how long each part took.

`python -m bench.importing <workbook>`: JSON on standard output.
"""

import re
import sys
import time
from pathlib import Path

import msgspec
import uvloop

from bench.filling import COUNTY_ACCOUNTS
from volunteer_svc import clock, store
from volunteer_svc.actions import county_import, imports
from volunteer_svc.actions.command import Call
from volunteer_svc.commands.session import ready
from volunteer_svc.config import load
from volunteer_svc.domain.actor import Staff
from volunteer_svc.store.imports import ImportRun

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


class Result(msgspec.Struct, kw_only=True):
    """Seconds of each part; `counted` rows of service; the most memory this process ever had."""

    upload: float
    preview: float
    commit: float
    counted: int
    summary: dict[str, dict[str, int]]
    peak_mb: float


async def _import(filename: str, content: bytes) -> Result:
    async with ready(load()):
        uploader, approver = [await _call(name) for name in COUNTY_ACCOUNTS]
        times = [time.perf_counter()]
        run = await imports.upload(
            uploader, filename=filename, content=content, reason="补录纸质台账"
        )
        times.append(time.perf_counter())
        await _work_until(uploader, run, "previewed")
        times.append(time.perf_counter())
        await imports.start_commit(approver, run.id)
        run = await _work_until(uploader, run, "done")
        times.append(time.perf_counter())
    return Result(
        upload=times[1] - times[0],
        preview=times[2] - times[1],
        commit=times[3] - times[2],
        counted=sum(sheet.get("counted", 0) for sheet in run.summary.values()),
        summary=run.summary,
        peak_mb=_peak_mb(),
    )


async def _call(username: str) -> Call:
    account = await store.accounts.find_by_username(username)
    if account is None:
        raise RuntimeError(f"the account {username} is not there")
    return Call(actor=Staff(account.id, account.role), now=clock.now())


def _peak_mb() -> float:
    """Not getrusage's: that one begins with the parent's memory."""
    found = _PEAK.search(Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


async def _work_until(call: Call, run: ImportRun, state: str) -> ImportRun:
    while run.state != state:
        if run.state == "failed" or not await county_import.work_on_next(clock.now):
            raise RuntimeError(f"the import is {run.state}: {run.failure}")
        run = await imports.read_import(call, run.id)
    return run


if __name__ == "__main__":
    path = Path(sys.argv[1])
    done = uvloop.run(_import(path.name, path.read_bytes()))
    sys.stdout.buffer.write(msgspec.json.encode(done))
