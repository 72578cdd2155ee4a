"""The configuration file as `init` writes and amends it."""

import re
from collections.abc import Mapping

from pr_sessions.config.file import Value, plain
from pr_sessions.config.schema import RULES, is_time_zone, quoted
from pr_sessions.config.yaml_text import NotYamlError, top_level, value_of
from pr_sessions.core.policy import Marking, Policy, Share, Track
from pr_sessions.errors import InvalidConfiguration, InvalidValue

HEAD = """\
# Settings of pr-sessions. `pr-sessions config` shows what is in force, `pr-sessions config --check` every mistake.
# Settings behind a `#` are the defaults.
"""

WHY: Mapping[str, str] = {
    "time_zone": "Old files hold times without a zone; everybody reads them in this one.",
    "track": "opened: automatic pull requests are recorded. agents: also those that people make with an agent.",
    "people": "hidden: of pull requests that people make with an agent, files name the agent in place of the person.",
    "share": "commit: git tracks the session file. branch: it travels by `pr-sessions sync`. local: it stays here.",
    "sync_branch": "The branch by which it travels, where share is branch.",
    "timeout_minutes": "A longer pause ends a session; with an agent's run, 24 hours do. 5 to 120.",
    "idle_warning_minutes": "A longer pause shows as a warning. Less than the timeout.",
    "auto_pr_patterns": "Titles and commit messages that mark a pull request as automatic, in upper or lower case.",
    "completion_markers": "These end a session: at a title's start or end, or alone on a line of the body.",
    "loose_completion_markers": "Lets everyday words (complete, finished, ✅) be markers, where the list names them.",
    "min_files_for_manual": "Fewer changed files than this look automatic; needs enable_heuristic_detection.",
    "enable_timeout_completion": "false: idle time ends no session.",
    "enable_heuristic_completion": "true: a pull request with tests and docs ends its session.",
    "enable_heuristic_detection": "true: small pull requests count as automatic.",
    "keep_days": "Sessions that ended longer ago move to monthly files in docs/metrics/archive/. off: they stay.",
    "minimal_metadata": "true: bodies get a single line only, look-ups by number read .cursor/data/session_state.json.",
    "signatures": "Agents of your own: agent, kind and value, such as 'acme branch acme/'.",
    "signatures_off": "Signatures of agents that do not count here, by id, such as codex/branch.",
    "mark": "body: pull requests that hooks saw get our one-line mark, with their author's gh or glab.",
    "hooks.ask_forge": "true: the forge says what hooks did not see, asked with the user's own gh or glab.",
    "gate": "advisory: all checks run; a report says which could wait. enforce: they wait for the session's end.",
    "gate.always": "Changes of these paths never wait. `**` crosses folders.",
    "gate.checks": "These checks must succeed on a commit before our own, `pr-sessions`, does; enforce needs them.",
    "gate.workflow": "The workflow that is started for what waited, such as ci.yml; off: none. enforce needs one.",
    "gate.assisted": "true: pull requests that people make with an agent may wait, too.",
    "gate.max_wait": "How long checks wait after the last activity of an agent's run. 5 to 1440.",
    "gate.open_budget": "How many open pull requests one agent may have here. off: any number.",
    "gate.over_budget": "warn: a report names one too many. fail: the gate's job fails.",
    "gate.dashboard": "true: one issue shows what is open, and each session gets one comment at most.",
    "comment": "auto: a comment where a session has two or more pull requests, or something to watch. never: none.",
}

# What needs no quotes in YAML: names of zones, of shares, numbers, true and false.
SCALAR = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_/+.-]*")


def initial_text(
    time_zone: str,
    share: Share,
    mark: Marking | None = None,
    track: Track | None = None,
    *,
    ask_forge: bool | None = None,
    dashboard: bool | None = None,
) -> str:
    """Return a first configuration: what depends on the place or was chosen, and all else as comments."""
    parts = [HEAD]
    settings = {"time_zone": time_zone, "share": share, "mark": mark, "track": track}
    chosen = {key: value for key, value in settings.items() if value}
    flags = {"hooks.ask_forge": ask_forge, "gate.dashboard": dashboard}
    chosen |= {key: str(flag).lower() for key, flag in flags.items() if flag is not None}
    for key, why in WHY.items():
        if key in chosen:
            setting = f"{key}: {chosen[key]}\n"
        else:
            lines = _yaml(key, plain(getattr(Policy(), RULES[key].field)))
            setting = "".join(f"# {line}\n" for line in lines)
        parts.append(f"# {why}\n{setting}")
    return "\n".join(parts)


def _yaml(key: str, value: Value) -> list[str]:
    if isinstance(value, tuple):
        if not value:
            return [f"{key}: []"]
        return [f"{key}:", *(f"  - '{text.replace(chr(39), chr(39) * 2)}'" for text in value)]
    return [f"{key}: {str(value).lower() if isinstance(value, bool) else value}"]


def with_setting(text: str, key: str, value: str) -> str:
    """Return the YAML with one top-level key set; every other character stays as it is.

    Args:
        text: the file as it is.
        key: added at the end where it is missing.
        value: as YAML writes it, without quotes: `UTC`, `true`, `30`.

    Raises:
        InvalidValue: the value would need quotes.
        InvalidConfiguration: the file is no YAML, or written in a way that cannot be amended.
    """
    if not SCALAR.fullmatch(value):
        raise InvalidValue(
            f"{quoted(value)} cannot be written as the value of {key}", "letters, digits and _ / + . - only"
        )
    try:
        result = _replaced(text, key, value)
        before, after = ({entry.key for entry in top_level(version)} for version in (text, result))
    except NotYamlError as error:
        raise _unamendable(key, value) from error
    if after != before | {key}:
        raise _unamendable(key, value)
    return result


def _unamendable(key: str, value: str) -> InvalidConfiguration:
    return InvalidConfiguration(
        f"{key} cannot be set in the configuration as it is written", f"write `{key}: {value}` into it yourself"
    )


def _replaced(text: str, key: str, value: str) -> str:
    entries = top_level(text)
    for entry in entries:
        if entry.key != key:
            continue
        if isinstance(value_of(entry.node), list | dict):
            raise _unamendable(key, value)
        start, end = entry.node.start_mark.index, entry.node.end_mark.index
        old = text[start:end]
        gap = "" if old else " "
        rest = old[len(old.rstrip()) :]
        return f"{text[:start]}{gap}{value}{rest}{text[end:]}"
    newline = "\r\n" if "\r\n" in text else "\n"
    start_of_line = "" if not text or text.endswith("\n") else newline
    indent = " " * entries[0].column if entries else ""
    return f"{text}{start_of_line}{indent}{key}: {value}{newline}"


def local_time_zone(environ: Mapping[str, str]) -> str:
    """Return the IANA name of this machine's time zone; `UTC` where it is not known.

    Args:
        environ: its `TZ` comes first.
    """
    name = environ.get("TZ", "").removeprefix(":").rpartition("zoneinfo/")[2] or _system_time_zone()
    return name if is_time_zone(name) else "UTC"


def _system_time_zone() -> str:
    import tzlocal

    try:
        return tzlocal.get_localzone_name() or "UTC"
    except (LookupError, ValueError, OSError):
        return "UTC"
