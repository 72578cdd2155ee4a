"""What `look` says for a terminal: what matters most first, within 80 columns."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from textwrap import wrap

from pr_sessions.core.agents import Involvement
from pr_sessions.core.gate import Reason, Why
from pr_sessions.core.models import TEAM_MARK, Trigger
from pr_sessions.core.overlaps import Overlap, OverlapList
from pr_sessions.core.visible_text import columns, filled, one_line, one_line_around
from pr_sessions.look.survey import PullRequestGroup, Survey, SurveyedPullRequest
from pr_sessions.render.history import history_lines
from pr_sessions.render.table import Line, table_lines
from pr_sessions.render.terminal import (
    MOST_ROWS,
    WIDTH,
    age,
    clock,
    cut,
    dim,
    file_list,
    heading,
    number_ranges,
    plural,
    span,
)

MOST_BLOCKS = 3
MOST_GROUPS = 8
MOST_TITLES = 3
MOST_AGENTS = 3
MOST_WAITING = 8

SHALLOW = "This clone is shallow: `git fetch --unshallow` brings the rest of its history."
FORGES = (
    ("GitHub", "Merge pull request #12 from ann/fix, or Fix the login (#12)"),
    ("GitLab", "See merge request shop!12, Part-of: <...>, or Fix the login (!12)"),
    ("Gitea, Forgejo", "Merge pull request 'Fix the login' (#12), Reviewed-on: ..."),
    ("Bitbucket", "Merged in fix (pull request #12), Pull request #12: Fix the login"),
    ("Azure DevOps", "Merged PR 12: Fix the login"),
    ("bors, scripts", "Auto merge of #12, Merge #12, Merge ann/shop#12: Fix the login"),
)


def survey_lines(survey: Survey) -> Iterator[Line]:
    """Yield the pull requests of a history, or those that are open, in their sessions."""
    yield from _open_headline(survey) if survey.at else _headline(survey)
    for part in _parts(survey):
        if part:
            yield ""
            yield from part
    if survey.is_shallow:
        yield from ("", SHALLOW)
    if survey.history and survey.history.tip:
        yield from ("", *history_lines(survey.history))


def _parts(survey: Survey) -> Iterator[Sequence[Line]]:
    if not survey.pull_requests:
        forms = [heading("Looked for, in the messages of its merge and squash commits"), *table_lines(FORGES)]
        if survey.at or not survey.read:
            yield unknown_lines(survey.unknowns) if survey.at else forms
        return
    is_grouped = survey.at is not None or bool(survey.evidence)
    yield _agents(survey)
    yield _sessions(survey)
    yield _titles("Automatic, in no session: none fits, or several equally well", survey.unattributed, survey)
    yield _titles("Left out of sessions by their label", survey.excluded, survey)
    if not is_grouped:
        yield [heading("No sign of an agent, grouped by author and time"), *_blocks(survey.not_automatic, survey)]
        yield pattern_lines(survey.patterns)
    yield from _shared_files(survey)
    yield _bursts(survey)
    yield _stacks(survey)
    yield _evidence(survey)
    if survey.at:
        yield _waiting(survey)
    yield _breaches(survey)
    if is_grouped:
        yield _not_automatic(survey)
    yield unknown_lines(survey.unknowns)
    yield _next(survey)


def _headline(survey: Survey) -> Iterator[str]:
    name, prs, sessions = one_line(survey.repository), sum(len(g.prs) for g in survey.sessions), len(survey.sessions)
    if not survey.read:
        yield heading(f"{name}: no pull requests in its history")
        return
    if not survey.pull_requests:
        yield heading(f"{name}: no pull requests in these days")
    elif sessions:
        yield heading(f"{name}: {plural(prs, 'pull request')} in {plural(sessions, 'session')}")
    else:
        shown = plural(len(survey.pull_requests), "pull request")
        yield heading(f"{name}: {shown}, {'none in a session' if survey.evidence else 'none with a sign of an agent'}")
    yield from _signs(survey)
    saved = f"{plural(sessions, 'review')} instead of {prs}. " if 0 < sessions < prs else ""
    yield f"{saved}{_period(survey)}"
    if survey.undescribed and survey.import_command:
        yield f"Git has no description of {survey.undescribed} without a sign. The forge may know more:"
        yield f"  {survey.import_command}"


def _signs(survey: Survey) -> Iterator[str]:
    """Yield how many agents opened, assisted with, or left no sign in, and into how many bursts they fall."""
    counts = survey.signs
    parts = [
        f"{counts[part]} {words}"
        for part, words in (
            (Involvement.OPENED, "opened by agents"),
            (Involvement.ASSISTED, "assisted by agents"),
            (TEAM_MARK, "by the team's marks"),
            (Involvement.NO_SIGN, "without a sign of an agent"),
        )
        if counts.get(part)
    ]
    if survey.bursts:
        parts.append(plural(len(survey.bursts), "burst"))
    shown, in_sessions = len(survey.pull_requests), sum(len(group.prs) for group in survey.sessions)
    # The heading counts what is in sessions, if anything is.
    in_all = f"{plural(shown, 'pull request')} in all: " if 0 < in_sessions < shown else ""
    if parts:
        yield from wrap(f"{in_all}{', '.join(parts)}.", WIDTH)


def _period(survey: Survey) -> str:
    """Return which days are shown."""
    count = survey.hours // 24 if survey.hours else len(survey.days)
    last = f"The last {'day' if count == 1 else f'{count} days'}{'' if survey.hours else ' with pull requests'}"
    if not survey.days:
        return f"{last}: none; its history names {plural(survey.read, 'pull request')}."
    first, latest = f"{survey.days[0]:%Y-%m-%d}", f"{survey.days[-1]:%Y-%m-%d}"
    return f"{last}: {first if first == latest else f'{first} to {latest}'}."


def _open_headline(survey: Survey) -> Iterator[str]:
    name, count = one_line(survey.repository), len(survey.pull_requests)
    prs, sessions = sum(len(group.review) for group in survey.sessions), len(survey.sessions)
    if not sessions:
        shown = f"{plural(count, 'open pull request')}, none of agents in a session" if count else "nothing is open"
        yield heading(f"{name}: {shown}")
        return
    yield heading(f"{name}: {plural(prs, 'open pull request')} of agents in {plural(sessions, 'session')}")
    sentences = [f"{plural(sessions, 'review')} instead of {prs}."] if sessions < prs else []
    if count > prs:
        sentences.append(f"{plural(count - prs, 'other pull request')} {'is' if count - prs == 1 else 'are'} open.")
    if sentences:
        yield " ".join(sentences)


def _agents(survey: Survey) -> list[Line]:
    """Return the agents that were involved, with how sure that is."""
    rows = [
        (one_line(each.name, 40), each.role.value, plural(each.pull_requests, "pull request"), each.confidence)
        for each in survey.agents
    ]
    return [heading("Agents"), *table_lines(rows, most=MOST_ROWS)] if rows else []


def _sessions(survey: Survey) -> list[str]:
    title = "Sessions, the largest first, each in the order of review"
    if survey.at:
        title = "What to review next: what has ended, then the largest; in this order"
    return [heading(title), *_blocks(survey.sessions, survey)] if survey.sessions else []


def _blocks(groups: Sequence[PullRequestGroup], survey: Survey) -> Iterator[str]:
    """Yield the first groups with titles, the next ones in a line each."""
    for group in groups[:MOST_BLOCKS]:
        yield from block(group, survey, MOST_TITLES)
    yield from (_brief(group, survey.at) for group in groups[MOST_BLOCKS:MOST_GROUPS])
    if more := groups[MOST_GROUPS:]:
        count = sum(len(group.review) for group in more)
        yield dim(f"  ... and {len(more)} more with {plural(count, 'pull request')}")


def block(group: PullRequestGroup, survey: Survey, titles: int) -> Iterator[str]:
    """Yield a group with its first pull requests in the order of review."""
    count = plural(len(group.review), "open pull request" if survey.at else "pull request")
    files = "" if group.files is None else f", {plural(group.files, 'file')}"
    yield f"  {heading(_name(group))}  {count}{files}"
    about = _about_open(group, survey.at) if survey.at else _about(group)
    yield dim(one_line(f"    {', '.join(about)}", WIDTH))
    yield from (f"  {_title(survey.pull_requests[number])}" for number in group.review[:titles])
    if more := group.review[titles:]:
        yield dim(one_line(f"    ... and {number_ranges(more)}", WIDTH))


def _about(group: PullRequestGroup) -> Iterator[str]:
    yield _when(group)
    if group.trigger and group.trigger != Trigger.TIMEOUT:
        yield one_line(group.trigger, 40)
    if group.agents:
        yield " + ".join(group.agents[:MOST_AGENTS])
    if group.runs:
        yield plural(group.runs, "run")
    if group.inferred and len(group.prs) > 1:
        yield "inferred"


def _about_open(group: PullRequestGroup, at: datetime) -> Iterator[str]:
    if group.agents:
        yield one_line(" + ".join(group.agents[:MOST_AGENTS]), 40)
    yield f"open for {age(group.oldest, at)}"
    if group.ended:
        yield f"ended {clock(group.ended)}"
        if group.trigger and group.trigger != Trigger.TIMEOUT:
            yield one_line(group.trigger.removeprefix(f"{Trigger.EXPLICIT_MARKER.value}: "), 40)
    elif group.goes_on:
        yield f"goes on, {span(max(group.ends - at, timedelta()))} left" if group.ends else "goes on"
    else:
        yield f"idle since {clock(group.latest)}"


def _brief(group: PullRequestGroup, at: datetime | None) -> str:
    """Return a group in one line."""
    name = f"  {filled(one_line_around(_name(group), 28), 28)}"
    if at is None:
        return one_line(f"{name}  {_when(group):<25}  {number_ranges(group.prs)}", WIDTH)
    if group.session_id is None:
        return one_line(f"{name}  {number_ranges(group.prs)}", WIDTH)
    state = "goes on" if group.goes_on else "ended" if group.ended else "idle"
    return one_line(f"{name}  {state:<7}  {age(group.oldest, at):<12}  {number_ranges(group.review)}", WIDTH)


def _name(group: PullRequestGroup) -> str:
    return one_line_around(group.session_id or group.author or "unknown author", 40)


def _when(group: PullRequestGroup) -> str:
    start, end = clock(group.started), clock(group.latest)
    if start == end:
        return start
    return f"{start} to {end[11:] if start[:10] == end[:10] else end}"


def _title(pr: SurveyedPullRequest) -> str:
    return one_line(f"  #{pr.number} {'(draft) ' if pr.is_draft else ''}{pr.title}", WIDTH - 2)


def _titles(title: str, numbers: Sequence[str], survey: Survey) -> list[str]:
    lines = [_title(survey.pull_requests[number]) for number in numbers]
    return [heading(title), *cut(lines)] if lines else []


_SHARED_FILES = {
    "across_sessions": "Pairs that touch the same files, in different sessions",
    "outside_sessions": "Pairs that touch the same files, at least one in no session",
    "in_session": "Pairs that touch the same files, in one session",
}


def _shared_files(survey: Survey) -> Iterator[list[str]]:
    titles = _SHARED_FILES if survey.sessions else {}
    for name, part in survey.shared_files.lists.items():
        yield _pairs(titles.get(name, "Pairs that touch the same files"), part, survey)


def _pairs(title: str, part: OverlapList, survey: Survey) -> list[str]:
    shown = part.pairs[:MOST_ROWS]
    rows = [_with_files(f"  {_pair(pair, survey)}  ", pair.files) for pair in shown]
    more = [dim(f"  ... and {part.count - len(shown)} more")] if part.count > len(shown) else []
    return [heading(title), *rows, *more] if rows else []


def _with_files(start: str, files: Sequence[str]) -> str:
    return one_line(f"{start}{file_list(files, WIDTH - columns(start))}", WIDTH)


def _pair(pair: Overlap, survey: Survey) -> str:
    """Return the numbers of a pair; of open ones, with who opened them where that differs."""
    first, second = (survey.pull_requests[number] for number in pair.numbers)
    if survey.at is None or first.who == second.who:
        return f"#{first.number} and #{second.number}"
    return f"#{first.number} {one_line(first.who, 16)} and #{second.number} {one_line(second.who, 16)}"


def _stacks(survey: Survey) -> list[str]:
    """Return a line for each chain, the longest first."""
    chains = sorted(survey.stacks, key=len, reverse=True)
    shown = (f"{' <- '.join(f'#{number}' for number in chain)}{_forge_stack(chain, survey)}" for chain in chains)
    lines = [one_line(f"  {chain}", WIDTH) for chain in shown]
    return [heading("Stacks, each built on the one before"), *cut(lines)] if lines else []


def _forge_stack(chain: Sequence[str], survey: Survey) -> str:
    """Return the number that the forge gives a chain; empty where branches alone show it."""
    stacks = [pr.stack for number in chain if (pr := survey.pull_requests.get(number))]
    numbers = {stack.number if stack else 0 for stack in stacks}
    return f"  (stack {numbers.pop()} of the forge)" if len(numbers) == 1 and 0 not in numbers else ""


def _bursts(survey: Survey) -> list[str]:
    """Return those that are in several sessions: the others are one session anyway."""
    session_of = {number: group.session_id for group in survey.sessions for number in group.prs}
    bursts = [each for each in survey.bursts if len({session_of.get(number, number) for number in each}) > 1]
    rows = [
        one_line(f"  {one_line(survey.pull_requests[each[0]].author, 24)}  {number_ranges(each)}", WIDTH)
        for each in sorted(bursts, key=len, reverse=True)
    ]
    title = "Bursts with an agent, in several sessions, inferred from author and time"
    return [heading(title), *cut(rows, MOST_BLOCKS)] if rows else []


def _evidence(survey: Survey) -> list[Line]:
    rows = [(e.rule, one_line(e.detail, 40), plural(e.pull_requests, "pull request")) for e in survey.evidence]
    return [heading("Why automatic"), *table_lines(rows, most=MOST_ROWS)] if rows else []


def pattern_lines(patterns: Sequence[str]) -> list[str]:
    """Return what would make pull requests automatic."""
    shown = "   ".join(one_line(pattern, 50) for pattern in patterns) or "(no pattern)"
    return [
        heading("What would make them automatic"),
        "  a title, or the first line of a commit message, that matches one of",
        *wrap(shown, WIDTH - 4, initial_indent="    ", subsequent_indent="    "),
        "  a description with a mark such as Session-ID: ann-20251122-1000",
        "  Change auto_pr_patterns in .cursor/config/session_config.yaml.",
    ]


def _waiting(survey: Survey) -> list[Line]:
    """Count each pull request under the first reason that speaks against waiting, so that the numbers add up."""
    decisions = [pr.at_opening for pr in survey.pull_requests.values() if pr.at_opening]
    waited = sum(decision.postpone for decision in decisions)
    others = Counter(_why(decision.reasons[0]) for decision in decisions if not decision.postpone)
    rows = [(f"{waited} of {len(decisions)}", "would have waited for the end of their session")]
    rows += [(str(count), why) for why, count in sorted(others.items(), key=lambda item: (-item[1], item[0]))]
    return [
        heading("Checks that could have waited, by the gate, when they were opened"),
        *table_lines(rows, most=MOST_WAITING),
    ]


def _why(reason: Reason) -> str:
    """Return a reason, with its detail only where something is unknown: other details are one for each pull request."""
    from pr_sessions.core.gate import words

    return one_line(words(reason if reason.why is Why.UNKNOWN else Reason(reason.why), str), 64)


def _breaches(survey: Survey) -> list[Line]:
    rows = [(one_line(b.agent, 40), f"{b.open} open", f"{b.budget} allowed") for b in survey.breaches]
    return [heading("More than gate.open_budget allows"), *table_lines(rows, most=MOST_ROWS)] if rows else []


def _not_automatic(survey: Survey) -> list[str]:
    groups = survey.not_automatic
    count = plural(sum(len(group.prs) for group in groups), "pull request")
    title = heading(f"No sign of an agent: {count}, by author{'' if survey.at else ' and time'}")
    return [title, *cut([_brief(group, survey.at) for group in groups])] if groups else []


def unknown_lines(unknowns: Sequence[str]) -> list[str]:
    """Return what could not be read."""
    lines = [one_line(f"  {unknown}", WIDTH) for unknown in unknowns]
    return [heading("What could not be read"), *cut(lines)] if lines else []


def _next(survey: Survey) -> list[Line]:
    groups = survey.sessions or (() if survey.at else survey.not_automatic)
    number = groups[0].review[0] if groups else next(iter(survey.pull_requests))
    if survey.at:
        command = f"pr-sessions look {one_line(survey.repository)}"
        rows = [(f"{command} --why {number}", "why one is where it is"), (f"{command} --json", "all of it")]
        rows.append((f"pr-sessions inbox {one_line(survey.repository)}", "what needs people now"))
    else:
        rows = [
            (f"pr-sessions look --why {number}", "why a pull request is where it is"),
            ("pr-sessions look --days 30", "a longer time"),
            ("pr-sessions init", "track this repository from now on"),
        ]
    return [heading("Next"), *table_lines(rows)]
