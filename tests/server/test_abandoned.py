"""What a process had taken is free for the next one on its machine as soon as it has ended."""

import os
import subprocess
import sys
from platform import node

from pr_sessions.server.taking import is_abandoned, new_taker


def test_a_process_that_ended_has_left_it_even_where_nobody_waited_for_it() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.read()  # Its end closes the pipe; until somebody waits, the system keeps its number.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    before = is_abandoned(f"{node()} {process.pid} x")
    process.wait()
    process.stdout.close()
    assert (before, is_abandoned(f"{node()} {process.pid} x")) == (True, True)


def test_a_process_that_runs_keeps_it_and_so_does_another_machine() -> None:
    assert (is_abandoned(f"{node()} {os.getppid()} x"), is_abandoned("elsewhere 999999999 x")) == (False, False)
    assert is_abandoned(new_taker())
