"""How many examples a property gets: as many as are quick in the suite, and far more in `make fuzz`."""

import os

from hypothesis import HealthCheck, settings

IS_LONG = bool(os.environ.get("FUZZ"))

# A busy machine is no failure, and drawing whole books takes long.
settings.register_profile(
    "ours",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=1_000 if IS_LONG else 100,
)
settings.load_profile("ours")
# For what takes long to draw or to run.
few = settings(max_examples=1_000 if IS_LONG else 25)
