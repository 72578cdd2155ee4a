"""What templates do with values: text of people is cut and made visible, times are shown with their age."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from markupsafe import Markup

from pr_sessions.core.visible_text import visible_on_page
from pr_sessions.render.inbox_view import shown
from pr_sessions.render.terminal import plural, short_age, span

_UNITS = ("B", "kB", "MB", "GB", "TB")


def filters(clock: Callable[[], datetime], zone: tzinfo | None) -> Mapping[str, Callable[..., Any]]:
    """Return the filters of all templates.

    Args:
        clock: returns the time in UTC.
        zone: of the times that are shown; this machine's where it is `None`.
    """

    def when(moment: datetime | None, *, unknown: str = "not known") -> Markup:
        """Return a time, and how long ago it was."""
        if moment is None:
            return Markup('<span class="unknown">{}</span>').format(unknown)
        return Markup('{} <span class="ago">{}</span>').format(at(moment), ago(moment))

    def at(moment: datetime) -> Markup:
        """Return a time."""
        local = moment.astimezone(zone)
        # The zone is said once, at the foot of the page.
        return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), f"{local:%Y-%m-%d %H:%M}")

    def ago(moment: datetime) -> str:
        """Return how long ago a time was, or how far it is ahead."""
        now = clock()
        if abs(now - moment) < timedelta(minutes=1):
            return "just now"
        if moment > now:
            return f"in {short_age(now, moment)}"
        return f"{short_age(moment, now)} ago"

    def age(moment: datetime | None) -> Markup:
        """Return how long ago a time was; the time itself is shown on demand and to programs."""
        if moment is None:
            return Markup('<span class="unknown">not known</span>')
        local = moment.astimezone(zone)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            moment.isoformat(), f"{local:%Y-%m-%d %H:%M %Z}", ago(moment)
        )

    return {
        "seen": shown,
        "when": when,
        "at": at,
        "age": age,
        "ago": ago,
        "size": size_text,
        "span": span,
        "plural": plural,
    }


def size_text(size: int | None) -> str:
    """Return a size for people: `1.4 MB`."""
    if size is None:
        return "not known"
    amount, unit = float(size), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.1f} {_UNITS[unit]}" if unit else f"{size} B"


def zone_name(now: datetime, zone: tzinfo | None) -> str:
    """Return the zone of the times on a page."""
    return visible_on_page(f"{now.astimezone(zone):%Z}")
