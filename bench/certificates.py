"""Certificates drawn on one core, and the memory of the process that draws them."""

import asyncio
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from bench.figures import Figure
from bench.ground import Ground, say
from bench.quiet import Meter
from volunteer_svc.domain.certificate import Served, service_statement
from volunteer_svc.printing import paper, press
from volunteer_svc.printing.paper import Sheet

SINGLE, TOGETHER = 60, 500
PER_SECOND_MIN = 10
BATCH_MIB_MAX = 500
_DAY = date(2026, 1, 1)


def measure(_place: Ground, _seconds: float) -> Iterator[Figure]:
    """One by one, as for a zip; 500 in one document, as to print; the first of a new process."""
    meter = Meter.when_quiet()
    first, single, together, mib = asyncio.run(_measure())
    say(f"  certificates: others {meter.others():.0%}")
    yield Figure(name="certificate_first_s", ours=first, ceiling=1, unit=" s")
    yield Figure(
        name="certificates_per_s", ours=single, ceiling=PER_SECOND_MIN,
        ours_at_least=PER_SECOND_MIN, unit="/s",
    )  # fmt: skip
    yield Figure(
        name="certificates_of_500_per_s", ours=together, ceiling=PER_SECOND_MIN,
        ours_at_least=PER_SECOND_MIN, unit="/s",
    )  # fmt: skip
    yield Figure(
        name="certificate_press_peak_mib", ours=mib, ceiling=BATCH_MIB_MAX, at_most=BATCH_MIB_MAX,
        unit=" MiB",
    )  # fmt: skip


async def _measure() -> tuple[float, float, float, float]:
    """Seconds of the first; certificates a second, alone and together; MiB."""
    sheets = [_sheet(n) for n in range(TOGETHER)]
    started = time.perf_counter()
    async with press.opened() as opened:
        await opened.draw("service_time", paper.certificates(sheets[:1]), stamp=0)
        first = time.perf_counter() - started
        started = time.perf_counter()
        for sheet in sheets[:SINGLE]:
            await opened.draw("service_time", paper.certificates([sheet]), stamp=0)
        single = SINGLE / (time.perf_counter() - started)
        started = time.perf_counter()
        await opened.draw("service_time", paper.certificates(sheets), stamp=0, tagged=False)
        together = TOGETHER / (time.perf_counter() - started)
        return first, single, together, _peak_mib(opened.pid)


def _sheet(n: int) -> Sheet:
    """Each of another person, with eight activities."""
    served = [
        Served(_DAY + timedelta(days=m), f"敬老院陪伴{m % 8}", "elder_care", 60 + n % 60, False)
        for m in range(30)
    ]
    stated = service_statement(
        served, unit="海州街道社会工作服务站", name=f"王{chr(0x4E00 + n)}喆", member_no=f"V-{n}",
        from_on=_DAY, to_on=date(2026, 6, 30),
    )  # fmt: skip
    if stated is None:
        raise RuntimeError("nothing is stated")
    code = f"AAAA-BBBB-CCCC-DDDD-{n:04d}"
    return Sheet(
        number=f"B1-2026-{n:06d}",
        code=code,
        url=f"https://volunteers.example.org/verify/{code}",
        state="valid",
        issued_on=_DAY,
        stated=stated,
    )


def _peak_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
