"""Our hooks in the text of a host's file: in, found, and out again; every other byte stays."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from json import dumps, loads
from typing import Any

from msgspec import Struct

from pr_sessions.agents.install.commands import is_ours
from pr_sessions.agents.install.hosts import Host
from pr_sessions.agents.install.json_edits import (
    UNIT,
    WAS_BLANK,
    added,
    came_to,
    indent_in,
    newline,
    opened,
    removed,
    replaced,
    was_there,
)
from pr_sessions.agents.install.json_text import BOM, Child, Node, parse, refusal
from pr_sessions.errors import UnreadableFile

_HOOKS, _VERSION = "hooks", "version"
_LINES = ("command", "bash", "powershell")

Entry = Mapping[str, Any]
Path = tuple[tuple[Node, int], ...]


class Spot(Struct, frozen=True):
    """Where one of our hooks stands.

    Attributes:
        event: the name of its list.
        path: the containers from the whole file to the list, each with the number of the child on the way.
        hook: the object that holds the command line.
    """

    event: str
    path: Path
    hook: Node


def with_hooks(data: bytes | None, host: Host, entry: Entry, name: str) -> bytes:
    """The file with our entry under each of the host's events, once; one of an older version becomes today's.

    Args:
        data: the file; `None` if there is none.
        host: whose file it is.
        entry: what stands under each event.
        name: what to call the file in messages.

    Raises:
        UnreadableFile: the file is no JSON, the host would not read it, or hooks have another form in it.
    """
    text = _text(data, name)
    _check(text, host, name)
    rest = _without(text, name, lambda spots: _superfluous(spots, host.events))
    text, missing = rest or "", data is None or rest is None
    root = parse(text, name).root
    if root is None:
        return _new(text, host, entry, missing=missing).encode()
    if root.last(_HOOKS) is None:
        return _with_all(text, root, host, entry).encode()
    text = _renewed(text, name, entry)
    for event in host.events:
        text = _with_event(text, name, event, entry)
    return text.encode()


def without_hooks(data: bytes, name: str) -> bytes | None:
    """The file as it was before our hooks came; `None` if there was none.

    Raises:
        UnreadableFile: the file is no JSON.
    """
    rest = _without(_text(data, name), name, list)
    return None if rest is None else rest.encode()


def command_lines(data: bytes, name: str) -> tuple[str, ...]:
    """Our command lines in a file, each once.

    Raises:
        UnreadableFile: the file is no JSON.
    """
    text = _text(data, name)
    lines = (line for spot in _spots(text, name) for line in _lines(text, spot.hook))
    return tuple(dict.fromkeys(line for line in lines if is_ours(line)))


def _text(data: bytes | None, name: str) -> str:
    try:
        return (data or b"").decode()
    except UnicodeDecodeError as error:
        line = (data or b"").count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            f"cannot change {name}: line {line} is not UTF-8 text", f"nothing was changed; save {name} as UTF-8"
        ) from error


def _check(text: str, host: Host, name: str) -> None:
    """Whether the host reads such a file, and hooks can come into it."""
    parsed = parse(text, name)
    if parsed.liberties and not host.comments:
        first = parsed.liberties[0]
        raise refusal(name, text, first.at, f"{first.what}, with which {host.name} does not read it")
    root = parsed.root
    if root is not None and root.kind != "{":
        raise refusal(name, text, root.start, "an object was expected")
    hooks = root.last(_HOOKS) if root else None
    if hooks and hooks.value.kind != "{":
        raise refusal(name, text, hooks.value.start, "`hooks` should be an object")


def _new(text: str, host: Host, entry: Entry, *, missing: bool) -> str:
    """A file that held nothing."""
    mark = BOM if text.startswith(BOM) else ""
    end = newline(text)
    lead = "" if missing else WAS_BLANK
    whole = f"{{{lead}{end}{UNIT}{_members(host, entry, end, UNIT)}{end}}}"
    return f"{mark}{whole}{end if missing else text.removeprefix(mark)}"


def _with_all(text: str, root: Node, host: Host, entry: Entry) -> str:
    """A file without hooks."""
    if not root.children:
        return opened(text, root, _members(host, entry, newline(text), UNIT), "")
    indent = indent_in(text, root)
    end = None if indent is None else newline(text)
    versioned = root.last(_VERSION) is not None
    return added(text, root, _members(host, entry, end, indent or "", versioned=versioned))


def _members(host: Host, entry: Entry, end: str | None, indent: str, *, versioned: bool = False) -> str:
    """Our member, and the version after it: there, and nowhere else, it is ours."""
    outer, inner = (" ", "") if end is None else (f"{end}{indent}", f"{end}{indent}{indent or UNIT}")
    lists = f",{inner or ' '}".join(f"{dumps(event)}: [{dumps(entry)}]" for event in host.events)
    hooks = f"{dumps(_HOOKS)}: {{{inner}{lists}{outer if inner else ''}}}"
    return f"{hooks},{outer}{dumps(_VERSION)}: 1" if host.versioned and not versioned else hooks


def _with_event(text: str, name: str, event: str, entry: Entry) -> str:
    root = parse(text, name).root
    hooks = root.last(_HOOKS) if root else None
    if root is None or hooks is None or any(spot.event == event for spot in _spots(text, name)):
        return text
    there = hooks.value.last(event)
    if there is None:
        return _with_member(text, root, hooks.value, f"{dumps(event)}: [{dumps(entry)}]")
    if there.value.kind != "[":
        raise refusal(name, text, there.value.start, f"`{event}` should be a list")
    return added(text, there.value, dumps(entry))


def _with_member(text: str, root: Node, hooks: Node, member: str) -> str:
    indent = indent_in(text, root)
    return added(text, hooks, member) if hooks.children or indent is None else opened(text, hooks, member, indent)


def _superfluous(spots: Sequence[Spot], events: Sequence[str]) -> list[Spot]:
    """Under an event that we left, or a second time under the same one."""
    seen = [spot.event for spot in spots]
    return [spot for n, spot in enumerate(spots) if spot.event not in events or spot.event in seen[:n]]


def _renewed(text: str, name: str, entry: Entry) -> str:
    """Today's command line in the place of an older one."""
    hook = entry[_HOOKS][0] if _HOOKS in entry else entry
    wanted = [hook[key] for key in _LINES if key in hook]
    for n in range(len(_spots(text, name))):
        old = _spots(text, name)[n].hook
        if _lines(text, old) != wanted:
            text = replaced(text, old, dumps(hook))
    return text


def _without(text: str, name: str, choose: Callable[[Sequence[Spot]], list[Spot]]) -> str | None:
    """The text without those of our hooks, the last one first; `None` where nothing is left of the file."""
    while chosen := choose(_spots(text, name)):
        rest = _cut(text, name, chosen[-1])
        if rest is None:
            return None
        text = rest
    return text


def _cut(text: str, name: str, spot: Spot) -> str | None:
    """Without one hook, and without whatever was made for it."""
    path = list(spot.path)
    while len(path) > 1 and len(path[-1][0].children) == 1 and not was_there(came_to(text, path[-1][0])):
        path.pop()
    container, index = path[-1]
    return removed(text, container, index) if len(path) > 1 else _cut_hooks(text, name, index)


def _cut_hooks(text: str, name: str, index: int) -> str | None:
    """Without the whole member, and without the version that came with it."""
    root = parse(text, name).root
    if root and _is_our_version(text, root.children[index + 1 : index + 2]):
        text = removed(text, root, index + 1)
        root = parse(text, name).root
    if root is None or len(root.children) > 1:
        return removed(text, root, index) if root else text
    before, after = text[: root.start], text[root.end :]
    came = came_to(text, root)
    if came == WAS_BLANK:
        return before + after
    if not was_there(came) and not (before.removeprefix(BOM) + after).strip():
        return None
    return removed(text, root, index)


def _is_our_version(text: str, after: tuple[Child, ...]) -> bool:
    return any(child.key == _VERSION and text[child.value.start : child.end] == "1" for child in after)


def _spots(text: str, name: str) -> list[Spot]:
    """All of ours, in their order."""
    root = parse(text, name).root
    return list(_spots_in(text, root)) if root else []


def _spots_in(text: str, root: Node) -> Iterator[Spot]:
    for i, member in enumerate(root.children):
        for j, event in enumerate(member.value.children if member.key == _HOOKS else ()):
            for k, item in enumerate(event.value.children):
                path = ((root, i), (member.value, j), (event.value, k))
                yield from _in_item(text, event.key, path, item.value)


def _in_item(text: str, event: str, path: Path, item: Node) -> Iterator[Spot]:
    group = item.last(_HOOKS)
    if group is None:
        if _runs_us(text, item):
            yield Spot(event, path, item)
        return
    ours = [n for n, hook in enumerate(group.value.children) if _runs_us(text, hook.value)]
    if ours and len(ours) == len(group.value.children):
        yield Spot(event, path, group.value.children[0].value)
    else:
        yield from (Spot(event, (*path, (group.value, n)), group.value.children[n].value) for n in ours)


def _runs_us(text: str, hook: Node) -> bool:
    return any(is_ours(line) for line in _lines(text, hook))


def _lines(text: str, hook: Node) -> list[str]:
    values = [child.value for child in (hook.last(key) for key in _LINES) if child]
    return [loads(text[value.start : value.end]) for value in values if value.kind == '"']
