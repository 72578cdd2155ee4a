"""How a team wants its sessions: one value, whatever file it came from."""

from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from pr_sessions.core.signature import Signature

DEFAULT_PATTERNS = (r"^auto-pr:", r"^wip:", r"^\[auto\]", r"^checkpoint:", r"^cursor-session", r"^🤖")
DEFAULT_MARKERS = (
    "ready for review",
    "ready to review",
    "final pr",
    "[session-complete]",
    "[ready]",
    "done with session",
)
MAX_DAYS = 36_500  # of `keep_days`
LOOSE_MARKERS = ("complete", "finished", "✅")
DEFAULT_ALWAYS = (
    ".github/**",
    "**/*.lock",
    "**/package-lock.json",
    "**/npm-shrinkwrap.json",
    "**/pnpm-lock.yaml",
    "**/bun.lockb",
    "**/go.sum",
    "**/packages.lock.json",
    "**/gradle.lockfile",
)


class Share(StrEnum):
    """How the session file reaches others: with every commit, by a branch of its own, or not at all."""

    COMMIT = "commit"
    BRANCH = "branch"
    LOCAL = "local"


class Track(StrEnum):
    """Which pull requests are recorded: automatic ones, or all in which an agent was involved."""

    OPENED = "opened"
    AGENTS = "agents"


class People(StrEnum):
    """Whether what is stored of a pull request that somebody made with an agent names the person or the agent."""

    SHOWN = "shown"
    HIDDEN = "hidden"


class Marking(StrEnum):
    """What we write into a pull request that an agent opened by itself."""

    NONE = "none"
    BODY = "body"


class GateMode(StrEnum):
    """Whether checks of automatic pull requests wait for their session's end, or are only reported."""

    ADVISORY = "advisory"
    ENFORCE = "enforce"


class OverBudget(StrEnum):
    """What happens where an agent has too many open pull requests: a report names them, or the gate's job fails."""

    WARN = "warn"
    FAIL = "fail"


class Commenting(StrEnum):
    """Whether comments report on sessions, where there is something to report."""

    AUTO = "auto"
    NEVER = "never"


class Policy(Struct, frozen=True, kw_only=True):
    """The rules' settings; the defaults are the safe ones.

    Attributes:
        timeout: longer idle than this ends a session.
        idle_warning: longer idle than this shows as `warning`.
        auto_pr_patterns: case-insensitive patterns on titles and first lines of commit messages.
        completion_markers: whole tokens that complete a session where they count.
        loose_completion_markers: whether words of ordinary prose (`LOOSE_MARKERS`) may be markers.
        min_files_for_manual: with heuristic detection, fewer changed files than this are automatic.
        enable_timeout_completion: whether idle sessions are completed at all.
        enable_heuristic_completion: whether tests together with docs complete a session.
        enable_heuristic_detection: whether a small change counts as automatic.
        time_zone: IANA name; the zone in which naive times of old files are read.
        track: which pull requests are recorded.
        people: whether what is stored of assisted pull requests names people.
        share: how the session file reaches others.
        sync_branch: the branch of its own by which it travels, where `share` says so.
        keep_days: sessions that ended longer ago move to monthly archives; `None` for never.
        minimal_metadata: bodies get one comment only; look-ups by number use the index file.
        team_signatures: of agents that only the team knows.
        signatures_off: ids of those that do not count.
        mark: whether a pull request that a hook saw gets our mark.
        ask_forge: whether the forge is asked about pull requests whose creation no hook saw.
        gate: whether checks are postponed.
        gate_always: paths whose change always runs the checks, as globs: `**` crosses folders.
        gate_checks: names of the checks that must have succeeded on a pull request's last commit.
        gate_workflow: file name of the workflow that is started for what was postponed.
        gate_assisted: whether checks of pull requests that people made with an agent are postponed, too.
        gate_max_wait: how long checks wait after the last activity of an agent's run, which may go on after that.
        open_budget: how many open pull requests an agent may have in the repository; `None` for any number.
        over_budget: what happens where it has more.
        dashboard: whether one issue shows what is open, and comments are no more than one for each session.
        comment: whether comments report on sessions.
    """

    timeout: timedelta = timedelta(minutes=30)
    idle_warning: timedelta = timedelta(minutes=15)
    auto_pr_patterns: tuple[str, ...] = DEFAULT_PATTERNS
    completion_markers: tuple[str, ...] = DEFAULT_MARKERS
    loose_completion_markers: bool = False
    min_files_for_manual: int = 5
    enable_timeout_completion: bool = True
    enable_heuristic_completion: bool = False
    enable_heuristic_detection: bool = False
    time_zone: str = "UTC"
    track: Track = Track.OPENED
    people: People = People.SHOWN
    share: Share = Share.COMMIT
    sync_branch: str = "pr-sessions"
    keep_days: int | None = None
    minimal_metadata: bool = False
    team_signatures: tuple[str, ...] = ()
    signatures_off: tuple[str, ...] = ()
    mark: Marking = Marking.NONE
    ask_forge: bool = False
    gate: GateMode = GateMode.ADVISORY
    gate_always: tuple[str, ...] = DEFAULT_ALWAYS
    gate_checks: tuple[str, ...] = ()
    gate_workflow: str | None = None
    gate_assisted: bool = False
    gate_max_wait: timedelta = timedelta(minutes=30)
    open_budget: int | None = None
    over_budget: OverBudget = OverBudget.WARN
    dashboard: bool = False
    comment: Commenting = Commenting.AUTO

    @property
    def active_markers(self) -> tuple[str, ...]:
        """The completion markers that count: loose words only where the team switched them on."""
        if self.loose_completion_markers:
            return self.completion_markers
        return tuple(m for m in self.completion_markers if m.strip().casefold() not in LOOSE_MARKERS)


class Ruleset(Struct, frozen=True):
    """Everything by which a pull request is recognised; with half of it, others would be recognised.

    Attributes:
        policy: the team's settings.
        signatures: all that count, the package's and the team's.
    """

    policy: Policy
    signatures: tuple[Signature, ...]
