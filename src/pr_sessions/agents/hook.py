"""What a coding agent starts at each of its events: `python -I -S hook.py [HOST]`. It ends in success, always.

This file is compiled anew at every start, so it only finds its neighbours. They import nothing but the standard
library, and little of that: an agent waits for us.
"""

import os
import sys


def _run() -> None:
    # A package of that name without running its `__init__`: nothing else of it is wanted, nor its dependencies.
    package = type(sys)("pr_sessions")
    package.__path__ = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]
    sys.modules["pr_sessions"] = package
    from pr_sessions.agents.entry import run

    run(sys.argv[1:], os.environ)


if __name__ == "__main__":
    try:
        _run()
    except BaseException:  # noqa: BLE001, S110 - the top: whatever happens, an agent must not fail for it
        pass
    finally:
        os._exit(0)
