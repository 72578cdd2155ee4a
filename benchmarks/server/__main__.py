"""`make bench-server`: what the team server promises. Exit code 1 where a figure is missed.

`python -m benchmarks.server 100000` fills the databases with fewer sessions.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.server import deliveries, http, inbox, lists
from benchmarks.server.fill import PULL_REQUESTS, fill
from pr_sessions.storage.sql.engine import open_engine
from pr_sessions.storage.sql.migrate import upgrade

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

# As a server of this size would have it; the tests' cluster is smaller.
_SETTINGS = ("shared_buffers=512MB", "maintenance_work_mem=512MB", "max_wal_size=8GB")


def main(total: int) -> int:
    missed = 0
    for kind in ("sqlite", "postgresql"):
        with database(kind) as url:
            engine = open_engine(url)
            upgrade(engine)
            engine.dispose()
            acknowledged = deliveries.measure(kind, url)
            print(acknowledged, flush=True)
            missed += acknowledged.share < deliveries.SHARE
        with database(kind) as url:
            engine = open_engine(url)
            upgrade(engine)
            fill(engine, total)
            inbox.fill_inbox(engine)
            engine.dispose()
            title = f"{kind}: {total:,} sessions, {PULL_REQUESTS * total:,} pull requests"
            print(f"{title:<40}{'n':>6}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}", flush=True)
            engine = open_engine(url)
            for figure in lists.figures({**lists.list_queries(engine), "inbox": inbox.inbox_queries(engine)}):
                print(figure, flush=True)
                missed += figure.p99 >= lists.TARGET
            engine.dispose()
            print(
                f"{'pages and API, milliseconds of the server':<33}{'at once':>5}{'n':>7}{'p50':>9}{'p99':>9}{'max':>9}"
            )
            for served in http.figures(url):
                print(served, flush=True)
                missed += not served.is_reached
    from benchmarks.server import catch_up

    for promise in catch_up.figures():
        print(promise, flush=True)
        missed += not promise.is_reached
    return int(missed > 0)


@contextmanager
def database(kind: str) -> Iterator[str]:
    """Give the URL of an empty database for as long as the block lasts."""
    from postgres import cluster

    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/team.db"
        return
    with cluster(*_SETTINGS) as made:
        yield made.new()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
