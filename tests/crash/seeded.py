"""`make seeded`: five bugs, each put into a copy of the tree, must be caught by the suite."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.crash.bugs import BUGS, Bug

_ROOT = Path(__file__).parents[2]
_TESTS_SECONDS = 120.0
_TESTS_FAILED = 1
"""pytest's exit code for failed tests; others are no verdict (no test found, wrong usage …)."""
_OUTSIDE = shutil.ignore_patterns(
    ".*", "data", "build", "dist", "bench", "examples", "docs", "__pycache__"
)


class SeedError(Exception):
    """The proof is not one; the message says why."""


def main() -> int:
    caught = 0
    folder = Path(tempfile.mkdtemp(prefix="volunteer-seeded-"))
    try:
        _require_soundness(folder / "sound")
        for bug in BUGS:
            caught += _is_caught(bug, folder / bug.name.replace(" ", "-"))
    except (SeedError, LookupError) as error:
        _say(f"seeded: {error}")
    finally:
        shutil.rmtree(folder)
    _say(f"seeded: {caught} of {len(BUGS)}")
    return 0 if caught == len(BUGS) else 1


def _require_soundness(folder: Path) -> None:
    """Without a bug the same tests pass: otherwise their failing says nothing of the bugs."""
    tests = tuple(sorted({test for bug in BUGS for test in bug.tests}))
    if failed := _failed(_copy(folder), tests):
        raise SeedError(f"without any bug fails {failed}")


def _is_caught(bug: Bug, folder: Path) -> bool:
    tree = _copy(folder)
    for change in bug.changes:
        change.apply(tree)
    for change in bug.changes:  # a bug that does not even parse would be no proof
        compile((tree / change.file).read_text(), change.file, "exec")
    failed = _failed(tree, bug.tests)
    _say(f"seeded: {bug.name} caught by {failed}" if failed else f"seeded: {bug.name} NOT caught")
    return bool(failed)


def _copy(folder: Path) -> Path:
    shutil.copytree(_ROOT, folder, ignore=_OUTSIDE)
    return folder


def _failed(tree: Path, tests: tuple[str, ...]) -> str:
    """The first test that fails, or nothing. A hang is no catch: SeedError, as for other ends."""
    child = subprocess.Popen(  # noqa: S603 - our own tests
        [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *tests],
        cwd=tree,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        said, _ = child.communicate(timeout=_TESTS_SECONDS)
    except subprocess.TimeoutExpired:
        raise SeedError(f"{tests} hang") from None
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
    code = child.returncode
    if code == 0:
        return ""
    failed = re.search(r"^FAILED (\S+)", said, re.MULTILINE)
    if code != _TESTS_FAILED or failed is None:
        raise SeedError(f"{tests} end with {code}:\n{said[-2000:]}")
    return failed[1]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
