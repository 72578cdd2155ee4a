"""Pages that show what GitHub is asked get the fake one."""

from asking import fake, no_credentials

__all__ = ["fake", "no_credentials"]
