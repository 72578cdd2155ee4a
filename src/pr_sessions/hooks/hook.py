"""The program that coding agents run at each event: `python -I -S hook.py [HOST]`. It always ends in success.

Python compiles this file at every start, so it is short. What it imports is limited to the standard library and `io/`:
an agent waits for it.
"""

import os
import sys


def _run() -> None:
    # Packages of these names without their `__init__`, which would import what a hook does not need.
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for name in ("pr_sessions", "pr_sessions.hooks", "pr_sessions.io"):
        package = type(sys)(name)
        package.__path__ = [folder + name[len("pr_sessions") :].replace(".", os.sep)]
        sys.modules[name] = package
    from pr_sessions.hooks.entry import run

    run(sys.argv[1:], os.environ)


if __name__ == "__main__":
    try:
        _run()
    except BaseException:  # noqa: BLE001, S110 - the last resort: an agent must not fail because of us
        pass
    finally:
        os._exit(0)
