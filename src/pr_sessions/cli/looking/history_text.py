"""What `look` says to people: what matters most first, within 80 columns."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from textwrap import wrap

from pr_sessions.cli import agents_text
from pr_sessions.cli.looking.parts import agent_lines, asked_lines, stack_lines
from pr_sessions.cli.looking.shortened import MOST_ROWS, WIDTH, ranges, some, some_files
from pr_sessions.cli.output import clock, dim, heading, one_line, plural, table
from pr_sessions.cli.reasons import evidence_words
from pr_sessions.history.overview import Group, Judged, Overview
from pr_sessions.history.relations import Overlap
from pr_sessions.sessions.policy import Policy

MOST_BLOCKS = 3
MOST_GROUPS = 8
MOST_TITLES = 3
MOST_AGENTS = 3

SHALLOW = "This clone is shallow: `git fetch --unshallow` brings the rest of its history."
FORGES = (
    ("GitHub", "Merge pull request #12 from ann/fix, or Fix the login (#12)"),
    ("GitLab", "See merge request shop!12, or Fix the login (#12)"),
    ("Bitbucket", "Merged in fix (pull request #12)"),
    ("Azure DevOps", "Merged PR 12: Fix the login"),
)


def overview_lines(name: str, overview: Overview, policy: Policy, *, shallow: bool) -> Iterator[str]:
    """The sessions of some days."""
    parts = _whole(overview, policy) if overview.read else _nothing()
    yield from _headline(one_line(name), overview)
    for part in parts:
        if part:
            yield ""
            yield from part
    if shallow:
        yield from ("", SHALLOW)


def why_lines(overview: Overview, number: str, policy: Policy) -> Iterator[str]:
    """Everything about one pull request."""
    one, group = overview.pull_requests[number], overview.group_of(number)
    yield heading(f"#{number} is {'automatic' if one.is_auto else 'not automatic'}")
    yield from table(_facts(one))
    yield ""
    yield from _why_automatic(one) if one.is_auto else _patterns(policy)
    yield from agents_text.lines(one.agents)
    yield ""
    yield heading("Its session" if one.is_auto else "The work around it")
    yield from _block(group, overview, MOST_ROWS) if group else ["  None: no session fits, or several equally well."]
    asked = [(step.rung, step.candidates, step.detail) for step in one.tried]
    yield from asked_lines(asked, in_session=one.session_id is not None)
    yield from _neighbours(overview, number)


def _whole(overview: Overview, policy: Policy) -> Iterator[list[str]]:
    groups = overview.not_automatic
    automatic = bool(overview.evidence)
    yield agent_lines(overview.agents)
    yield _sessions(overview.sessions, overview)
    yield _unattributed(overview)
    if not automatic:
        yield [heading("Not automatic, grouped by author and time"), *_blocks(groups, overview)]
        yield list(_patterns(policy))
    yield from _shared_files(overview)
    yield stack_lines(sorted(overview.stacks, key=len, reverse=True))
    if automatic:
        yield _evidence(overview)
        yield _not_automatic(groups)
    yield _next(overview)


def _nothing() -> Iterator[list[str]]:
    yield [heading("Looked for, in the messages of its merge and squash commits"), *table(FORGES)]


def _headline(name: str, overview: Overview) -> Iterator[str]:
    prs, sessions = sum(len(g.prs) for g in overview.sessions), len(overview.sessions)
    if not overview.read:
        yield heading(f"{name}: no pull requests in its history")
        return
    if sessions:
        yield heading(f"{name}: {plural(prs, 'pull request')} in {plural(sessions, 'session')}")
    else:
        shown = plural(len(overview.pull_requests), "pull request")
        yield heading(f"{name}: {shown}, {'none in a session' if overview.evidence else 'none automatic'}")
    saved = f"{plural(sessions, 'review')} instead of {prs}. " if 0 < sessions < prs else ""
    last = "day" if len(overview.days) == 1 else f"{len(overview.days)} days"
    yield f"{saved}The last {last} with pull requests: {_days(overview.days)}."


def _days(days: Sequence[date]) -> str:
    first, last = f"{days[0]:%Y-%m-%d}", f"{days[-1]:%Y-%m-%d}"
    return first if first == last else f"{first} to {last}"


def _sessions(groups: Sequence[Group], overview: Overview) -> list[str]:
    title = heading("Sessions, the largest first, each in the order of review")
    return [title, *_blocks(groups, overview)] if groups else []


def _not_automatic(groups: Sequence[Group]) -> list[str]:
    count = plural(sum(len(group.prs) for group in groups), "pull request")
    title = heading(f"Not automatic: {count}, by author and time")
    return [title, *some([_brief(group) for group in groups])] if groups else []


def _blocks(groups: Sequence[Group], overview: Overview) -> Iterator[str]:
    """The first ones with titles, the next ones in a line each."""
    for group in groups[:MOST_BLOCKS]:
        yield from _block(group, overview, MOST_TITLES)
    yield from map(_brief, groups[MOST_BLOCKS:MOST_GROUPS])
    if more := groups[MOST_GROUPS:]:
        yield dim(f"  ... and {len(more)} more with {plural(sum(len(g.prs) for g in more), 'pull request')}")


def _block(group: Group, overview: Overview, titles: int) -> Iterator[str]:
    size = f"{plural(len(group.prs), 'pull request')}, {plural(group.files, 'file')}"
    yield f"  {heading(_name(group))}  {size}"
    yield dim(one_line(f"    {', '.join((_when(group), *_about(group)))}", WIDTH))
    yield from (_title(overview.pull_requests[number]) for number in group.review[:titles])
    if more := group.review[titles:]:
        yield dim(one_line(f"    ... and {ranges(more)}", WIDTH))


def _about(group: Group) -> Iterator[str]:
    if group.trigger not in (None, "timeout"):
        yield one_line(group.trigger, 40)
    if group.agents:
        yield " + ".join(group.agents[:MOST_AGENTS])
    if group.runs:
        yield plural(group.runs, "run")
    if group.inferred and len(group.prs) > 1:
        yield "inferred"


def _brief(group: Group) -> str:
    name = one_line(_name(group), 28)
    return one_line(f"  {name:<28}  {_when(group):<25}  {ranges(group.prs)}", WIDTH)


def _name(group: Group) -> str:
    return one_line(group.session_id or group.author or "unknown author", 40)


def _when(group: Group) -> str:
    start, end = clock(group.started), clock(group.latest)
    if start == end:
        return start
    return f"{start} to {end[11:] if start[:10] == end[:10] else end}"


def _title(one: Judged) -> str:
    return one_line(f"    #{one.number} {one.title}", WIDTH)


def _unattributed(overview: Overview) -> list[str]:
    lines = [_title(overview.pull_requests[number])[2:] for number in overview.unattributed]
    return [heading("Automatic, in no session: none fits, or several equally well"), *some(lines)] if lines else []


def _shared_files(overview: Overview) -> Iterator[list[str]]:
    title = "Pairs that touch the same files"
    if not overview.sessions:
        yield _pairs(title, overview.overlaps)
        return
    apart = [pair for pair in overview.overlaps if not _together(pair, overview)]
    yield _pairs(f"{title}, in different sessions", apart)
    yield _pairs(f"{title}, in one session", overview.overlaps[len(apart) :])


def _pairs(title: str, pairs: Sequence[Overlap]) -> list[str]:
    lines = [one_line(f"  #{p.numbers[0]} and #{p.numbers[1]}  {_files(p.files)}", WIDTH) for p in pairs]
    return [heading(title), *some(lines)] if lines else []


def _together(pair: Overlap, overview: Overview) -> bool:
    group = overview.group_of(pair.numbers[0])
    return group is not None and pair.numbers[1] in group.prs


def _files(files: Sequence[str] | None) -> str:
    return "unknown: the clone is shallow" if files is None else some_files(files)


def _evidence(overview: Overview) -> list[str]:
    rows = [(e.rule, one_line(e.detail, 40), plural(e.pull_requests, "pull request")) for e in overview.evidence]
    return [heading("Why automatic"), *some(table(rows))] if rows else []


def _patterns(policy: Policy) -> Iterator[str]:
    patterns = [one_line(pattern, 50) for pattern in policy.auto_pr_patterns] or ["(no pattern)"]
    yield heading("What would make them automatic")
    yield "  a title, or the first line of a commit message, that matches one of"
    yield from wrap("   ".join(patterns), WIDTH - 4, initial_indent="    ", subsequent_indent="    ")
    yield "  a description with a mark such as Session-ID: ann-20251122-1000"
    yield "  Change auto_pr_patterns in .cursor/config/session_config.yaml."


def _next(overview: Overview) -> list[str]:
    number = (*overview.sessions, *overview.not_automatic)[0].review[0]
    rows = [
        (f"pr-sessions look --why {number}", "why a pull request is where it is"),
        ("pr-sessions look --days 30", "a longer time"),
        ("pr-sessions init", "track this repository from now on"),
    ]
    return [heading("Next"), *table(rows)]


def _facts(one: Judged) -> list[tuple[str, str]]:
    branches = f"{one.branch or 'unknown'} into {one.base}" if one.base else one.branch
    return [
        ("title", one_line(one.title)),
        ("author", one_line(one.author or "unknown")),
        ("opened", clock(one.opened)),
        ("merged", f"{clock(one.merged)} by {one.kind} {one.commit[:10]}"),
        ("branch", one_line(branches or "unknown")),
        ("files", one_line(_files(one.files))),
    ]


def _why_automatic(one: Judged) -> Iterable[str]:
    return [heading("Why automatic"), *(f"  {clause}" for clause in evidence_words(one.evidence))]


def _neighbours(overview: Overview, number: str) -> Iterator[str]:
    lines = [
        one_line(f"  #{other}: {_files(pair.files)}", WIDTH)
        for pair in overview.overlaps
        if number in pair.numbers
        for other in pair.numbers
        if other != number
    ]
    if lines:
        yield from ("", heading("Others within a week that touch the same files"), *some(lines))
