"""The configuration file as `init` writes and amends it."""

import re
from collections.abc import Mapping

from pr_sessions.errors import InvalidConfiguration, InvalidValue
from pr_sessions.sessions.policy import Marking, Policy, Share
from pr_sessions.stores.configuration import Value, plain
from pr_sessions.stores.configuration_rules import RULES, is_time_zone, quoted

HEAD = """\
# Settings of pr-sessions. `pr-sessions config` shows what is in force, `pr-sessions config --check` every mistake.
# Settings behind a `#` are the defaults.
"""

WHY: Mapping[str, str] = {
    "time_zone": "Old files hold times without a zone; everybody reads them in this one.",
    "share": "commit: git tracks the session file. branch: it travels by `pr-sessions sync`. local: it stays here.",
    "sync_branch": "The branch by which it travels, where share is branch.",
    "timeout_minutes": "A longer pause ends a session. 5 to 120.",
    "idle_warning_minutes": "A longer pause shows as a warning. Less than the timeout.",
    "auto_pr_patterns": "Titles and commit messages that mark a pull request as automatic, in upper or lower case.",
    "completion_markers": "These end a session: at a title's start or end, or alone on a line of the body.",
    "loose_completion_markers": "Lets everyday words (complete, finished, ✅) be markers, where the list names them.",
    "min_files_for_manual": "Fewer changed files than this look automatic; needs enable_heuristic_detection.",
    "enable_timeout_completion": "false: only people and markers end a session.",
    "enable_heuristic_completion": "true: a pull request with tests and docs ends its session.",
    "enable_heuristic_detection": "true: small pull requests count as automatic.",
    "keep_days": "Sessions that ended longer ago move to monthly files in docs/metrics/archive/. off: they stay.",
    "minimal_metadata": "true: bodies get a single line only, look-ups by number read .cursor/data/session_state.json.",
    "signatures": "Agents of your own: agent, kind and value, such as 'acme branch acme/'.",
    "signatures_off": "Signatures of agents that do not count here, by id, such as codex/branch.",
    "mark": "body: pull requests that hooks saw get our one-line mark, with the gh or glab of whoever opened them.",
    "gate": "advisory: all checks run; it is told which could have waited. enforce: they wait for the session's end.",
    "gate.always": "Changes of these paths never wait. `**` crosses folders.",
    "gate.checks": "These checks must succeed on a commit before our own, `pr-sessions`, does; enforce needs them.",
    "gate.workflow": "The workflow that is started for what waited, such as ci.yml; off: none. enforce needs one.",
    "gate.open_budget": "How many open pull requests one agent may have here. off: any number.",
    "gate.over_budget": "warn: one too many is told. fail: the gate's job fails.",
    "comment": "auto: a comment where a session has two or more pull requests, or something to watch. never: none.",
}

# What needs no quotes in YAML: names of zones, of shares, numbers, true and false.
SCALAR = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_/+.-]*")


def initial_text(time_zone: str, share: Share, mark: Marking | None = None) -> str:
    """A first configuration: the settings that depend on the place or that somebody chose, all others as comments."""
    parts = [HEAD]
    chosen = {"time_zone": time_zone, "share": share} | ({"mark": mark} if mark else {})
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
    """The YAML with one top-level key set; every other character stays as it is.

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
    from pr_sessions.stores.yaml_text import NotYamlError, top_level

    try:
        result = _replaced(text, key, value)
        before, after = ({entry.key for entry in top_level(each).entries} for each in (text, result))
    except NotYamlError as error:
        raise _unamendable(key, value) from error
    if after != before | {key}:
        raise _unamendable(key, value)
    return result


def _unamendable(key: str, value: str) -> InvalidConfiguration:
    return InvalidConfiguration(
        f"{key} cannot be set in the configuration as it is written", f"write `{key}: {value}` into it by hand"
    )


def _replaced(text: str, key: str, value: str) -> str:
    from pr_sessions.stores.yaml_text import top_level

    top = top_level(text)
    for entry in top.entries:
        if entry.key != key:
            continue
        if entry.item.kind in {"list", "other"}:
            raise _unamendable(key, value)
        old = text[entry.item.start : entry.item.end]
        gap = "" if old else " "
        rest = old[len(old.rstrip()) :]
        return f"{text[: entry.item.start]}{gap}{value}{rest}{text[entry.item.end :]}"
    newline = "\r\n" if "\r\n" in text else "\n"
    start = "" if not text or text.endswith("\n") else newline
    return f"{text}{start}{' ' * top.indent}{key}: {value}{newline}"


def local_time_zone(environ: Mapping[str, str]) -> str:
    """The IANA name of this machine's time zone; `UTC` where it cannot be told.

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
