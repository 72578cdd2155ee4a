"""Why a host would run none of the hooks in a file: they are switched off, or one wrong entry voids the whole file."""

from collections.abc import Iterator, Mapping
from json import loads
from pathlib import Path

from msgspec import Struct

from pr_sessions.errors import InvalidValue, UnreadableFile
from pr_sessions.hooks.host import Host
from pr_sessions.io.files import read_bytes
from pr_sessions.io.places import Place
from pr_sessions.setup.agent_hooks.files import LIMIT, Installed, Scope, hooks_file
from pr_sessions.setup.agent_hooks.json_text import Node, Parsed, parse, place

_OFF = "disableAllHooks"
_COMMANDS = ("command", "bash", "powershell")
_SHELLS = ("sh", "cmd", "powershell")


class Refusal(Struct, frozen=True):
    """Why a host runs no hooks of a file, and what to do about it."""

    problem: str
    hint: str


def refusals(file: Installed, root: Path, environ: Mapping[str, str]) -> Iterator[Refusal]:
    """Yield why the host does not run our hooks in a file.

    Args:
        file: that has some.
        root: of the repository, whose files can switch off those of a user.
        environ: of this process.
    """
    host = file.host
    if switch := _switch(host, root, environ):
        yield Refusal(f"{host.name} runs no hooks: `{_OFF}` is true in {switch}", f"set it to false in {switch}")
    text = (read_bytes(file.path, LIMIT) or b"").decode("utf-8", "replace")
    parsed = parse(text, str(file.path))
    if wrong := next(_mistakes(text, parsed, host), None):
        at, problem = wrong
        where = place(text, at)
        yield Refusal(f"{host.name} reads no hooks from this file: {where}: {problem}", f"fix {where} of {file.path}")


def _switch(host: Host, root: Path, environ: Mapping[str, str]) -> Place | None:
    """Return the file that switches all hooks off; the first that says anything counts."""
    if not host.can_be_off:
        return None
    places = [Place(root, host.inline_file)] if host.inline_file else []
    for scope in (Scope.LOCAL, Scope.PROJECT, Scope.USER):
        try:
            places.append(hooks_file(host, scope, root, environ))
        except InvalidValue:
            continue
    for each in places:
        try:
            text = (read_bytes(each, LIMIT) or b"").decode("utf-8", "replace")
            value = _member(text, parse(text, str(each)).root, _OFF)
        except UnreadableFile:
            continue
        if value in ("true", "false"):
            return each if value == "true" else None
    return None


def _member(text: str, node: Node | None, name: str) -> str:
    child = node.last(name) if node else None
    return text[child.value.start : child.value.end] if child else ""


def _mistakes(text: str, parsed: Parsed, host: Host) -> Iterator[tuple[int, str]]:
    """Yield the place of each mistake, and what it is."""
    root = parsed.root
    if root is None:
        return
    if parsed.liberties and not host.comments:
        yield parsed.liberties[0].at, parsed.liberties[0].what
    if host.versioned and _member(text, root, "version") != "1":
        yield root.start, "`version: 1` is missing"
    hooks = root.last(host.member)
    if hooks is None:
        return
    if _member(text, hooks.value, "enabled") == "false":
        yield hooks.start, f"`{host.member}` is not enabled"
    for event in hooks.value.children:
        if event.key == "enabled":
            continue
        if host.known_events and event.key not in host.known_events:
            yield event.start, f"it knows no event {event.key[:60]!r}"
        if event.value.kind != "[":
            yield event.value.start, f"`{event.key[:60]}` should be a list"
        for item in event.value.children:
            yield from _wrong_entry(text, item.value, host, event.key)


def _wrong_entry(text: str, item: Node, host: Host, event: str) -> Iterator[tuple[int, str]]:
    if item.kind != "{":
        yield item.start, "an entry should be an object"
        return
    if "hooks" not in host.entry(event, dict.fromkeys(_SHELLS, "x"), "sh"):
        yield from _wrong_hook(text, item, typed=host.name != "cursor")
        return
    matcher, group = item.last("matcher"), item.last("hooks")
    if matcher and matcher.value.kind != '"':
        yield matcher.value.start, "`matcher` should be text"
    if group is None or group.value.kind != "[":
        yield (group.value if group else item).start, "an entry should have a list of `hooks`"
        return
    for hook in group.value.children:
        yield from _wrong_hook(text, hook.value, typed=True)


def _wrong_hook(text: str, hook: Node, *, typed: bool) -> Iterator[tuple[int, str]]:
    if hook.kind != "{":
        yield hook.start, "a hook should be an object"
        return
    kind = _member(text, hook, "type")
    if typed and not kind.startswith('"'):
        yield hook.start, "a hook should have a `type`"
    if kind in ("", '"command"'):
        lines = [child.value for child in map(hook.last, _COMMANDS) if child]
        if not lines:
            yield hook.start, "a hook should have a `command`"
        for line in lines:
            if line.kind != '"' or not str(loads(text[line.start : line.end])).strip():
                yield line.start, "a command should be text"
    timeout = hook.last("timeout") or hook.last("timeoutSec")
    if timeout and timeout.value.kind not in "-0123456789":
        yield timeout.value.start, "a timeout should be a number"
