"""The fake GitHub."""

from asking import ask, fake, inboxes, no_credentials, time

__all__ = ["ask", "fake", "inboxes", "no_credentials", "time"]
