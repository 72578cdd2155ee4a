"""The git hook of version 0.1.0 runs this path: it runs `setup/current_session_id.py`, until `init` renews the hook."""

import os
import runpy

if __name__ == "__main__":
    package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    runpy.run_path(os.path.join(package, "setup", "current_session_id.py"), run_name="__main__")
