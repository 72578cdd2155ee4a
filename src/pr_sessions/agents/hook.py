"""Version 0.1.0 registered this path with agents: it runs `hooks/hook.py`, until `init` renews the registration."""

import os

if __name__ == "__main__":
    try:
        __file__ = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "hooks", "hook.py")
        with open(__file__, encoding="utf-8") as source:
            # It finds its neighbours by `__file__`. `runpy` would do the same and takes longer; an agent waits for us.
            exec(compile(source.read(), __file__, "exec"))  # noqa: S102 - a file of this package
    except OSError:
        os._exit(0)
