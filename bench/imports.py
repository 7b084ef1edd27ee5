"""The import of 100 000 records: rows committed per second, and the memory it takes."""

import subprocess
import sys
from collections.abc import Iterator

import msgspec

from bench import ceiling, ground, importing, workbook
from bench.figures import Figure
from bench.ground import Ground, say
from bench.quiet import Meter


def measure(place: Ground, seconds: float) -> Iterator[Figure]:
    """The ceiling before and after; the commit alone is the figure, upload and preview are told."""
    path = place.folder / "county.xlsx"
    workbook.write(path, place.today)
    Meter.when_quiet()
    before = ceiling.transactions_per_second(place, seconds)
    meter = Meter()
    done = subprocess.run(
        [sys.executable, "-m", importing.__name__, str(path)],
        cwd=ground.ROOT, env=place.command_env(), stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    others = meter.others()
    after = ceiling.transactions_per_second(place, seconds)
    result = msgspec.json.decode(done.stdout, type=importing.Result)
    if result.counted != workbook.ROWS:
        raise RuntimeError(f"not every row was counted: {result.summary}")
    say(f"  upload {result.upload:.1f} s, preview {result.preview:.1f} s, commit"
        f" {result.commit:.1f} s; ceiling {before:.0f} before, {after:.0f} after;"
        f" others {others:.0%}")  # fmt: skip
    yield Figure(name="import_of_100000_records", ours=result.counted / result.commit,
                 ceiling=max(before, after), at_least=4)  # fmt: skip
    yield Figure(name="import_process_peak_memory_mb", ours=result.peak_mb, ceiling=300,
                 at_most=300)  # fmt: skip
