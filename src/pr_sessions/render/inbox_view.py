"""What templates show of the inbox: its sections and rows, with links, ages and drawings.

Text of people is escaped, kept apart from the direction of the text around it, and cut.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path

from markupsafe import Markup, escape

from pr_sessions.core.agents import Involvement
from pr_sessions.core.conflicts import Conflict, MergeResult
from pr_sessions.core.inbox import Inbox, Mark, Row
from pr_sessions.core.inbox_sections import Section
from pr_sessions.core.open_pull_requests import OpenPullRequest
from pr_sessions.core.urls import pull_request_addresses
from pr_sessions.core.visible_text import visible_on_page
from pr_sessions.render import inbox_words
from pr_sessions.render.conflict_map import ConflictMap, conflict_map
from pr_sessions.render.inbox_drawing import lane, scale_of, size, state_items
from pr_sessions.render.terminal import age

TEMPLATES = Path(__file__).with_name("templates")
MOST_TEXT = 300
MOST_MAPPED = 20
MOST_LINKS = 20
MOST_PAIRS = 6000
MOST_NAMES = 5
# What needs somebody now; the rows of other sections are folded.
URGENT = (Section.CONFLICTS, Section.REVIEW, Section.MERGE)
_NUMBER = re.compile(r"(?<![\w/])#([0-9]{1,18})\b", re.ASCII)


def shown(text: str, most: int = MOST_TEXT) -> str:
    """Return text from outside, cut, without characters that are not seen; the template escapes it."""
    return visible_on_page(text if len(text) <= most else text[: most - 1] + "…")


class InboxView:
    """What the templates show of an inbox. A page that is served leads to its sessions and explanations, too."""

    def __init__(self, inbox: Inbox, zone: tzinfo | None, since: datetime | None) -> None:
        self.inbox = inbox
        self.at = inbox.at.astimezone(zone)
        self.since = since and since.astimezone(zone)
        self.prs = inbox.pull_requests
        self.scale = scale_of(self.prs, inbox.at)
        self._authors = inbox.authors
        self._anchors = {pr.key: at for at, row in enumerate(inbox.rows) for pr in row.prs}
        self._titles = {pr.key: pr.title for pr in self.prs}
        self._addresses = {pr.key: _address(pr) for pr in self.prs}

    @property
    def title(self) -> str:
        """Return what was read: a repository, how many, or this clone where its name is not known."""
        names = self.inbox.repositories
        return f"{len(names)} repositories" if len(names) > 1 else "".join(names) or "this clone"

    @property
    def sections(self) -> list[tuple[Section, tuple[Row, ...]]]:
        """Return the sections that have rows."""
        return [(section, rows) for section in Section if (rows := self.inbox.rows_in(section))]

    def count(self, section: Section) -> int:
        """Return how many rows a section has; a page that is served may show a part of them."""
        return len(self.inbox.rows_in(section))

    @property
    def snoozed(self) -> tuple[Row, ...]:
        """Return the rows that the person does not want to see until something happens."""
        return tuple(row for row in self.inbox.rows if row.is_snoozed)

    @property
    def counts(self) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
        """Yield how many pull requests agents had a part in, and which."""
        for part, words in (
            (Involvement.OPENED, "opened by agents"),
            (Involvement.ASSISTED, "assisted by agents"),
            (Involvement.NO_SIGN, "without a sign of an agent"),
        ):
            yield words, tuple(pr.key for pr in self.prs if pr.involvement is part)

    @property
    def marks(self) -> Iterator[tuple[Mark, tuple[Row, ...]]]:
        """Yield the rows that are new or have changed since the person's last look."""
        for mark in Mark:
            yield mark, tuple(row for row in self.inbox.rows if row.mark is mark and not row.is_snoozed)

    @property
    def not_read(self) -> int:
        """Return how many things were not read."""
        return len(self.inbox.unknowns) + bool(self.inbox.rows_of_unknown_work)

    def is_urgent(self, section: Section) -> bool:
        """Return whether a section is unfolded: it needs somebody, or none that is shown does."""
        return section in URGENT or not any(self.inbox.rows_in(urgent) for urgent in URGENT)

    def heading(self, row: Row) -> Markup:
        """Return the title of a row."""
        return Markup("<bdi>{}</bdi>").format(shown(inbox_words.row_title(row)) or "(no title)")

    def to_rows(self, *keys: tuple[str, str]) -> Markup:
        """Return numbers of pull requests, each a link to its row if it has one."""
        return markup(" ".join(map(self._to_row, keys)))

    def to_forge(self, pr: OpenPullRequest) -> Markup:
        """Return a pull request's number as a link to the forge, if its address is known."""
        return markup(self._to_forge(pr.key))

    def _to_row(self, key: tuple[str, str]) -> str:
        number = escape(self.number(key))
        return f'<a href="#r{self._anchors[key]}">{number}</a>' if key in self._anchors else number

    def _to_forge(self, key: tuple[str, str]) -> str:
        address, number = self._addresses.get(key), escape(f"#{key[1]}")
        return f'<a href="{escape(address)}" rel="noopener noreferrer">{number}</a>' if address else number

    def title_of(self, key: tuple[str, str]) -> str:
        """Return a pull request's title; empty if it is not on the page."""
        return self._titles.get(key, "")

    def row_id(self, row: Row) -> str:
        """Return the id of a row on the page."""
        return f"r{self._anchors[row.prs[0].key]}"

    def number(self, key: tuple[str, str]) -> str:
        """Return `#14`, with its repository where there are several."""
        repository, number = key
        return f"{repository}#{number}" if len(self.inbox.repositories) > 1 else f"#{number}"

    def link(self, text: str, row: Row) -> Markup:
        """Return a sentence in which numbers lead to the forge, or to their row if that is another one."""
        numbers = row.numbers
        parts = _NUMBER.split(shown(text))
        pieces: list[str] = [escape(parts[0])]
        for number, rest in zip(parts[1::2], parts[2::2], strict=True):
            key = row.repository, number
            pieces += (self._to_forge(key) if number in numbers else self._to_row(key), escape(rest))
        return markup("".join(pieces))

    def age(self, moment: datetime | None) -> str:
        """Return how long ago something was: `3 days`."""
        return age(moment, self.inbox.at)

    def state(self, pr: OpenPullRequest) -> Markup:
        """Return the timeline of a pull request, its state, and its size."""
        return markup(
            f'{lane(pr, self.scale)}<ul class="facts">{state_items(pr)}</ul>'
            f'<p class="size">{size(pr.additions, pr.deletions, pr.file_count)}</p>'
        )

    def about(self, pr: OpenPullRequest, *, has_author: bool = False) -> Markup:
        """Return who made a pull request and what it belongs to; of outsiders facts, and no verdict."""
        parts = [f"{pr.author}{' (bot)' if pr.is_bot else ''}"] if has_author and pr.author else []
        if pr.involvement is Involvement.ASSISTED:
            parts.append(f"assisted by {pr.agent}")
        if pr.is_trusted is False:
            parts += ["first contribution here"] if pr.is_first else []
            parts.append(f"{len(self._authors[pr.repository, pr.author])} open here")
        if pr.elsewhere is not None:
            parts.append(f"{pr.elsewhere} opened elsewhere in 7 days")
        if pr.closes:
            more = f" and {len(pr.closes) - MOST_NAMES} more" if len(pr.closes) > MOST_NAMES else ""
            # Those of other repositories have a name already.
            issues = (name if "#" in name else f"#{name}" for name in pr.closes[:MOST_NAMES])
            parts.append(f"closes {', '.join(issues)}{more}")
        if pr.built_on:
            parts.append(f"built on #{pr.built_on}")
        parts += pr.labels[:MOST_NAMES]
        return markup("".join(f"<span><bdi>{escape(shown(part, 60))}</bdi></span>" for part in parts))

    def row_size(self, row: Row) -> Markup:
        """Return how large the changes of a row are together."""
        added, deleted = row.size or (None, None)
        return markup(size(added, deleted, None))

    def author(self, row: Row) -> str:
        """Return the login of whom all pull requests of a row are; empty if they are of several."""
        authors = {pr.author for pr in row.prs}
        return authors.pop() if len(authors) == 1 else ""

    def hits(self, row: Row) -> list[Conflict]:
        """Return the pairs of a row that conflict."""
        return [pair for pair in row.conflicts if pair.attempt.result is MergeResult.CONFLICT]

    def without_conflict(self, row: Row) -> Iterator[tuple[MergeResult, list[tuple[str, str]], int]]:
        """Yield what only shares files with a row: the result of a merge, the first ones, how many more."""
        here = row.numbers
        for result in (MergeResult.NOT_TRIED, MergeResult.CLEAN):
            numbers = dict.fromkeys(
                first if second in here and first not in here else second
                for first, second in (pair.numbers for pair in row.conflicts if pair.attempt.result is result)
            )
            if numbers:
                keys = [(row.repository, number) for number in numbers]
                yield result, keys[:MOST_LINKS], max(len(keys) - MOST_LINKS, 0)

    def neighbour(self, names: tuple[str, str], path: str) -> Markup:
        """Return what changes the same lines as a working tree: another one's path, or a pull request's number."""
        first, second = names
        name = first if second == path else second
        keys = [key for key in self._anchors if name == f"#{key[1]}"]
        return self.to_rows(*keys) if len(keys) == 1 else Markup("<code><bdi>{}</bdi></code>").format(shown(name))

    @property
    def drawn(self) -> tuple[Conflict, ...]:
        """Return the pairs of the map."""
        return self.inbox.conflicts[:MOST_MAPPED]

    @property
    def map(self) -> ConflictMap:
        """Return the drawing of these pairs."""
        return conflict_map(self.drawn, {pr.key: at for at, pr in enumerate(self.prs)})

    @property
    def results(self) -> Iterator[tuple[MergeResult, int]]:
        """Yield how many pairs have each result of a merge."""
        for result in (MergeResult.CONFLICT, MergeResult.CLEAN, MergeResult.NOT_TRIED):
            yield result, sum(pair.attempt.result is result for pair in self.inbox.conflicts)

    @property
    def undrawn(self) -> Iterator[tuple[tuple[str, str], MergeResult, list[tuple[str, str]]]]:
        """Yield the other pairs, as many as the page has room for: a pull request, a result, and those it meets."""
        groups: dict[tuple[tuple[str, str], MergeResult], list[tuple[str, str]]] = defaultdict(list)
        for pair in self.inbox.conflicts[MOST_MAPPED:MOST_PAIRS]:
            first, second = pair.numbers
            groups[(pair.repository, first), pair.attempt.result].append((pair.repository, second))
        yield from ((key, result, met) for (key, result), met in groups.items())

    @property
    def unlisted(self) -> int:
        """Return how many pairs the page has no room for."""
        return max(len(self.inbox.conflicts) - MOST_PAIRS, 0)


def time_text(moment: datetime) -> str:
    """Return a time for people, with its zone."""
    return f"{moment:%Y-%m-%d %H:%M %Z}"


def markup(html: str) -> Markup:
    """Return what is escaped already, or made of our own words and of numbers."""
    return Markup(html)  # noqa: S704 - see the docstring


def _address(pr: OpenPullRequest) -> str:
    """Return the address of a pull request; empty if it leads anywhere else."""
    named = next(pull_request_addresses(pr.address), None)
    return named.url if named and (named.url, named.number) == (pr.address, pr.number) else ""
