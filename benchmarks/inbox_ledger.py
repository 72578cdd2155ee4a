"""What is true of all pull requests, and what an inbox says that differs from it.

Only which session holds a pull request, and which agent opened it, is the product's word.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import combinations

from msgspec import Struct

from benchmarks.inbox_truth import SECTIONS, Key, Truth
from pr_sessions.core.agents import Involvement
from pr_sessions.core.conflicts import MergeResult
from pr_sessions.core.inbox import Inbox, Row, budgets
from pr_sessions.core.inbox_view import View, parts
from pr_sessions.core.open_pull_requests import OpenPullRequest
from pr_sessions.git.merge_pairs import TOO_LONG

MOST_PAIRS = 200
BUSY = timedelta(minutes=15)
_RUN = re.compile(r"app\.devin\.ai/sessions/[0-9a-f]{8,}")


class Ledger(Struct):
    """All pull requests of all repositories, settled ones too."""

    truths: dict[Key, Truth] = {}

    def open_in(self, *repositories: str) -> list[Truth]:
        """Those that are open in some repositories, in the order of opening."""
        found = [truth for truth in self.truths.values() if not truth.end and truth.repository in repositories]
        return sorted(found, key=lambda truth: (truth.opened, len(truth.number), truth.number))

    def count_settled(self, rows: Iterable[Iterable[Key]]) -> int:
        """Of rows that were there, the number of those all of whose pull requests are settled by now."""
        return sum(all(self.truths[key].end for key in row) for row in rows)

    def pairs(self, shown: Mapping[Key, OpenPullRequest]) -> Mapping[tuple[str, tuple[str, str]], bool]:
        """Pairs that share a file, and whether they collide: where both change the same part of one.

        One of the two is in a session or has a sign of an agent, they are not in the same session, and neither is built
        on the other.
        """
        found = {}
        for first, second in combinations(self.open_in(*{repository for repository, _ in shown}), 2):
            shared = first.files.keys() & second.files.keys()
            if first.repository != second.repository or not shared or not self._are_apart(first, second, shown):
                continue
            pair = first.repository, (first.number, second.number)
            found[pair] = any(first.files[path] == second.files[path] for path in shared)
        return found

    def _are_apart(self, first: Truth, second: Truth, shown: Mapping[Key, OpenPullRequest]) -> bool:
        if first.key not in shown or second.key not in shown:
            return False
        views = shown[first.key], shown[second.key]
        sessions = [view.session_id for view in views]
        is_agents = any(view.session_id or view.agent for view in views)
        is_same = sessions[0] is not None and sessions[0] == sessions[1]
        is_built = self._is_below(first, second) or self._is_below(second, first)
        return is_agents and not is_same and not is_built

    def _is_below(self, lower: Truth, upper: Truth) -> bool:
        """Whether the upper one is meant for the lower one's branch, or for one that is."""
        branches = {truth.branch: truth for truth in self.open_in(upper.repository) if not truth.is_fork}
        at: Truth | None = upper
        while at := branches.get(at.base):
            if at is lower:
                return True
        return False

    def differences(self, inbox: Inbox) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with an inbox: the kind, and words for people."""
        rows: dict[Key, list[Row]] = defaultdict(list)
        for row in inbox.rows:
            for pr in row.prs:
                rows[pr.key].append(row)
        shown = {pr.key: pr for pr in inbox.pull_requests}
        expected = {truth.key: truth for truth in self.open_in(*inbox.repositories)}
        yield from (("missing", _name(key)) for key in expected.keys() - rows.keys())
        yield from (("stale", f"{_name(key)} is settled") for key in rows.keys() - expected.keys())
        yield from (("twice", _name(key)) for key, found in rows.items() if len(found) > 1)
        for key in expected.keys() & shown.keys():
            yield from _outdated(expected[key], shown[key])
        pairs = self.pairs(shown)
        tried = {(each.repository, each.numbers): each.attempt.result for each in inbox.conflicts}
        untried = {pair for pair, result in tried.items() if result is MergeResult.NOT_TRIED}
        yield from _misplaced(inbox, expected, {pair for pair, collides in pairs.items() if collides} - untried)
        yield from _pairs_apart(inbox, rows, set(pairs))
        for pair, collides in pairs.items():
            if pair in tried.keys() - untried and (tried[pair] is MergeResult.CONFLICT) != collides:
                yield "pairs", f"{pair} comes to {tried[pair].value}"
        too_long = sum(each.attempt.why_not == TOO_LONG for each in inbox.conflicts)
        if len(untried) - too_long > max(0, len(pairs) - MOST_PAIRS):
            yield "pairs", f"{len(untried)} of {len(pairs)} were not tried"
        yield from _runs_apart(expected, rows)
        yield from _counts(inbox, expected)
        yield from _budgets_apart(inbox, expected)


def shown_facts(pr: OpenPullRequest) -> Mapping[str, object]:
    """What a row says of a pull request, under the names of `Truth.facts`."""
    return {
        "title": pr.title,
        "head": pr.head_sha,
        "pushed": pr.pushed,
        "base": pr.base,
        "files": sorted(pr.files or ()),
        "draft": pr.is_draft,
        "checks": pr.checks.value,
        "review": (pr.review.state.value, pr.is_review_stale),
        "base conflict": pr.has_base_conflict,
        "merge word": pr.merge_state,
        "queued": pr.is_queued,
        "auto-merge": pr.auto_merge,
    }


def _outdated(truth: Truth, pr: OpenPullRequest) -> Iterator[tuple[str, str]]:
    shown = shown_facts(pr)
    for name, fact in truth.facts().items():
        if shown[name] != fact and not (name == "merge word" and fact == "unknown" and not shown[name]):
            yield "stale", f"{_name(truth.key)}: {name} is {fact}, shown is {shown[name]}"
    if truth.hooked and pr.session_id != truth.hooked:
        yield "wrong session", f"{_name(truth.key)} is in {pr.session_id}, a hook placed it in {truth.hooked}"


def _misplaced(
    inbox: Inbox, expected: Mapping[Key, Truth], colliding: set[tuple[str, tuple[str, str]]]
) -> Iterator[tuple[str, str]]:
    """A row stands in the first section that fits any of its pull requests, for the sake of those that it fits."""
    hit = {(repository, number) for repository, numbers in colliding for number in numbers}
    heard = {truth.hooked: truth.heard for truth in expected.values() if truth.hooked}
    for row in inbox.rows:
        sections = {}
        for pr in row.prs:
            if truth := expected.get(pr.key):
                last = heard.get(pr.session_id or "")
                is_at_work = last is not None and inbox.at - last <= BUSY
                sections[pr.number] = truth.section(collides=pr.key in hit, is_at_work=is_at_work)
        first = min(sections.values(), key=SECTIONS.index, default="none")
        about = {number for number, section in sections.items() if section == first}
        if (row.section.value, set(row.about)) != (first, about):
            words = f"{row.id} stands in {row.section.value} for {sorted(row.about)}"
            yield "misplaced", f"{row.repository} {words}, not in {first} for {sorted(about)}"
        for number in re.findall(r"#([0-9]+)", f"{row.reason} {row.next}"):
            if (row.repository, number) not in expected:
                yield "stale", f"{row.repository} {row.id} names #{number}, which is settled"


def _pairs_apart(
    inbox: Inbox, rows: Mapping[Key, list[Row]], pairs: set[tuple[str, tuple[str, str]]]
) -> Iterator[tuple[str, str]]:
    """Every pair is there once, and stands with both of its pull requests."""
    shown = [(each.repository, each.numbers) for each in inbox.conflicts]
    if sorted(shown) != sorted(pairs):
        yield "pairs", f"{sorted(set(shown) ^ pairs)[:5]} are pairs on one side only, or twice"
    for conflict in inbox.conflicts:
        for number in conflict.numbers:
            if any(conflict not in row.conflicts for row in rows[conflict.repository, number]):
                yield "pairs", f"{conflict.repository} {conflict.numbers} does not stand with #{number}"


def _runs_apart(expected: Mapping[Key, Truth], rows: Mapping[Key, list[Row]]) -> Iterator[tuple[str, str]]:
    """Those whose text names the same run share a row, unless a hook placed one of them."""
    runs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for key, truth in expected.items():
        if (run := _RUN.search(truth.body)) and key in rows and not (truth.hooked or truth.is_fork):
            runs[truth.repository, run[0]].add(rows[key][0].id)
    yield from (("wrong session", f"{run} is in the rows {sorted(ids)}") for run, ids in runs.items() if len(ids) > 1)


def _counts(inbox: Inbox, expected: Mapping[Key, Truth]) -> Iterator[tuple[str, str]]:
    """Counts unfold into exactly what they count, and together into all that is open."""
    folded = {part.section: part.count for part in parts(inbox, View())}
    unfolded = {part.section: len(part.rows) for part in parts(inbox, View(limit=None, unfolds=True))}
    if folded != unfolded or 0 in folded.values() or sum(folded.values()) != len(inbox.rows):
        yield "counts", f"{folded} unfolds into {unfolded}, of {len(inbox.rows)} rows"
    signs = sum(inbox.signs.values())
    if signs != len(expected):
        yield "counts", f"signs count {signs} pull requests of {len(expected)}"


def _budgets_apart(inbox: Inbox, expected: Mapping[Key, Truth]) -> Iterator[tuple[str, str]]:
    """A budget counts the open pull requests that an agent opened and whose last commit nobody has an opinion of."""
    waiting: dict[Key, set[str]] = defaultdict(set)
    for pr in inbox.pull_requests:
        truth = expected.get(pr.key)
        if truth and pr.involvement is Involvement.OPENED and not truth.opinion()[1]:
            waiting[pr.repository, pr.agent].add(pr.number)
    counted = {(each.repository, each.agent): set(each.numbers) for each in budgets(inbox.pull_requests, 1)}
    if counted != waiting:
        yield "counts", f"budgets count {counted}, not {dict(waiting)}"


def _name(key: Key) -> str:
    return f"{key[0]}#{key[1]}"
