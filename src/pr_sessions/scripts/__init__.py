"""The scripts that version 0.1.0 installed import from here what is in `compat` now, until `init` renews them."""

from pr_sessions import compat

__path__ = compat.__path__
