"""A process that does what the outbox holds, and may be killed at any moment."""

import json
import os
import sys
from datetime import datetime
from pathlib import Path

from pr_sessions.storage.sql.engine import open_engine
from server.gate.served import app_of, executor


def main() -> int:
    """Does everything that is due; arguments: the database's URL, the time, and the file that gets the process's id."""
    url, moment, file = sys.argv[1:]
    Path(file).write_text(str(os.getpid()))
    now = datetime.fromisoformat(moment)
    team = executor(open_engine(url), app_of(json.loads(os.environ["APP"]), lambda: now), lambda: now)
    while team.do_next():
        pass
    return 0
