"""The tracker that hooks start: detached from the agent, isolated, and one at a time.

One lock belongs to the tracker that works for the hooks of a clone. The hook takes it and the tracker inherits it, so
that it is never free between the two. The file of that lock holds the request. A hook stores its event, writes the
request, then tries the lock. A tracker empties the file, then drains the queue; after it has released the lock, it
looks at the file again. So a hook that finds the lock taken can end: the tracker will see its request.
"""

import os
import sys
import time

from pr_sessions.hooks.hosts import HOSTS
from pr_sessions.io import file_lock
from pr_sessions.io.folder import open_file
from pr_sessions.io.gitdir import Clone
from pr_sessions.io.places import Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STUB = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "stub.py")
COMMAND = ("-I", STUB, "drain", "--for-hooks")
LOCK = "tracker"
# Agents often start in numbers: a tracker that ended between two of them would have to start again.
LINGER = 1.0  # seconds without a request
LONGEST = 10.0  # seconds of draining after which the work that follows it may not wait any longer
_POLL = 0.05
_INHERITED = 0
# Variables of the hosts, and those that would lead Python's children to other modules.
_NOT_INHERITED = (*(host.prefix for host in HOSTS.values()), "OPENCODE_", "PYTHON")
_HOMES = {host.home_variable for host in HOSTS.values()}
# Variables with which git's hooks or another repository's tools direct git.
_GIT_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")


def start_tracker(clone: Clone, environ: "Mapping[str, str]") -> None:
    """Start `pr-sessions drain` in the working tree, without waiting, unless one is running that will look again."""
    if not sys.executable:
        raise OSError("no interpreter is known")
    lock = open_lock(clone.state / "pending")
    try:
        if request(lock):
            os.chdir(clone.root)
            _start([sys.executable, *COMMAND], inherited(environ), lock)
    finally:
        os.close(lock)


def inherited(environ: "Mapping[str, str]") -> dict[str, str]:
    """Return the environment without what belongs to the agent or leads to another repository or other modules.

    Where an agent keeps its files stays.
    """
    return {
        name: value
        for name, value in environ.items()
        if name in _HOMES or (name not in _GIT_VARIABLES and not name.upper().startswith(_NOT_INHERITED))
    }


def open_lock(pending: Place) -> int:
    """Open the file of the lock in the folder of events, which must exist."""
    return open_file(pending / LOCK, os.O_RDWR | os.O_CREAT)


def request(descriptor: int) -> bool:
    """Request a tracker; return whether none is running, in which case the lock is taken.

    Args:
        descriptor: the file of the lock, just opened.
    """
    os.write(descriptor, b"1")
    return file_lock.take(descriptor)


def tracker_lock(pending: Place) -> int | None:
    """Return the lock that a hook took for this process; `None` if another tracker is running.

    On Windows, where a lock cannot be inherited, take it.
    """
    descriptor = open_lock(pending)
    if sys.platform != "win32":
        try:
            inherited_it = os.path.samestat(os.fstat(_INHERITED), os.fstat(descriptor))
        except OSError:
            inherited_it = False
        if inherited_it:
            os.close(descriptor)
            return _INHERITED
    if file_lock.take(descriptor):
        return descriptor
    os.close(descriptor)
    return None


def serve(descriptor: int, drain: "Callable[[], None]", afterwards: "Callable[[], None]") -> None:
    """Drain the queue until no request is left.

    Args:
        descriptor: the lock, taken.
        drain: applies the events of the queue.
        afterwards: may take long; other trackers can start meanwhile.
    """
    while True:
        _drain_while_requested(descriptor, drain)
        file_lock.free(descriptor)
        afterwards()
        if not _is_requested(descriptor) or not file_lock.take(descriptor):
            return


def _drain_while_requested(descriptor: int, drain: "Callable[[], None]") -> None:
    last = time.monotonic() + LONGEST
    while True:
        os.ftruncate(descriptor, 0)
        drain()
        deadline = min(time.monotonic() + LINGER, last)
        while not _is_requested(descriptor) and time.monotonic() < deadline:
            time.sleep(_POLL)
        if time.monotonic() >= deadline:
            return


def _is_requested(descriptor: int) -> bool:
    return os.fstat(descriptor).st_size > 0


if sys.platform == "win32":

    def _start(words: list[str], environ: "Mapping[str, str]", lock: int) -> None:
        from subprocess import CREATE_NEW_PROCESS_GROUP, DETACHED_PROCESS, DEVNULL, Popen

        # A lock belongs to one process here: the tracker takes it, and ends if another one was quicker.
        file_lock.free(lock)
        flags = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP
        Popen(words, env=environ, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, creationflags=flags, close_fds=True)
else:

    def _start(words: list[str], environ: "Mapping[str, str]", lock: int) -> None:
        streams = [
            # The lock becomes the tracker's standard input, which it does not read.
            (os.POSIX_SPAWN_DUP2, lock, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        try:
            os.posix_spawn(words[0], words, environ, file_actions=streams, setsid=True)
        except NotImplementedError:  # a C library without it: macOS before 10.15, musl
            _fork(words, environ, lock)

    def _fork(words: list[str], environ: "Mapping[str, str]", lock: int) -> None:
        if os.fork():
            return
        try:
            os.setsid()
            os.dup2(lock, 0)
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in (1, 2):
                os.dup2(null, descriptor)
            os.execve(words[0], words, environ)  # noqa: S606 - there is no shell to start it with
        finally:
            os._exit(0)
