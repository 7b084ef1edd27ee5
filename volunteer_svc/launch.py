"""Becomes another command whose life is tied to its parent's: see `processes.spawn`.

A fresh interpreter does this, not `preexec_fn`: Python code between fork and exec may deadlock when
the parent has threads, and newer Pythons warn about it.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, dies_with: int, uid: int, gid: int, *command: str) -> None:
    """Become `command` as user `uid`, to be sent the signal `dies_with` when `parent` ends."""
    if uid != os.getuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of user, which would clear it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, dies_with, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the kernel knew of our wish
        sys.exit("the parent process has ended")
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell is the point # nosec B606
    except OSError as error:
        sys.exit(f"cannot start {command[0]}: {error.strerror}")


if __name__ == "__main__":
    _parent, _dies_with, _uid, _gid = map(int, sys.argv[1:5])
    main(_parent, _dies_with, _uid, _gid, *sys.argv[5:])
