"""The fake GitHub."""

from asking import ask, fake, no_credentials, time

__all__ = ["ask", "fake", "no_credentials", "time"]
