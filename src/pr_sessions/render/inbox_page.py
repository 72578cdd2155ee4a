"""The inbox as one HTML page that needs no script, no network and no other file.

By the policy in the page a browser loads nothing, runs nothing and applies no style but the page's own:
https://www.w3.org/TR/CSP3/
"""

from base64 import b64encode
from datetime import datetime, tzinfo
from hashlib import sha256

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pr_sessions.core.inbox import Inbox
from pr_sessions.render import inbox_words
from pr_sessions.render.inbox_drawing import sign
from pr_sessions.render.inbox_view import TEMPLATES, InboxView, markup, shown, time_text
from pr_sessions.render.terminal import plural

STYLES = ("inbox_tokens.css", "inbox_page.css", "inbox_rows.css", "inbox_print.css")


def page(inbox: Inbox, zone: tzinfo | None = None, since: datetime | None = None) -> str:
    """Return the page.

    Args:
        inbox: what it shows.
        zone: of the times that are shown; this machine's where it is `None`.
        since: when the person looked last, where that is known.
    """
    loader = FileSystemLoader(TEMPLATES)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, optimized=False
    )
    style = "".join(loader.get_source(environment, name)[0] for name in STYLES)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    view, lead = InboxView(inbox, zone, since), inbox_words.open_words(inbox)
    environment.filters.update(seen=shown, time=time_text)
    return environment.get_template("inbox.html").render(
        view=view,
        inbox=inbox,
        words=inbox_words,
        lead=lead[:1].upper() + lead[1:],
        plural=plural,
        sign=lambda name: markup(sign(name)),
        style=markup(style),
        digest=digest,
    )
