"""Our hooks in the text of a host's file: add, find and remove them; every other byte stays."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from json import dumps, loads
from typing import Any

from msgspec import Struct

from pr_sessions.errors import UnreadableFile
from pr_sessions.hooks.host import Host
from pr_sessions.setup.agent_hooks.commands import is_ours
from pr_sessions.setup.agent_hooks.json_text import (
    BOM,
    UNIT,
    WAS_BLANK,
    Node,
    added,
    came_to,
    indent_in,
    newline,
    opened,
    parse,
    refusal,
    removed,
    replaced,
    was_there,
)

_HOOKS, _VERSION = "hooks", "version"
# Under which one of our hooks may stand in a file.
_MEMBERS = frozenset((_HOOKS, "pr-sessions"))
_LINES = ("command", "bash", "powershell")

# What stands under each event.
Entries = Mapping[str, Mapping[str, Any]]
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


def with_hooks(data: bytes | None, host: Host, entries: Entries, name: str) -> bytes:
    """Return the file with our entry under each of the host's events, once; entries of another version are replaced.

    Args:
        data: the file; `None` if there is none.
        host: whose file it is.
        entries: what stands under each event.
        name: what to call the file in messages.

    Raises:
        UnreadableFile: the file is no JSON, the host would not read it, or hooks have another form in it.
    """
    text = _text(data, name)
    _check(text, host, name)

    def superfluous(spots: Sequence[Spot]) -> list[Spot]:
        """Return those under an event that is not registered any more, and duplicates."""
        events = [spot.event for spot in spots]
        return [spot for n, spot in enumerate(spots) if spot.event not in host.events or spot.event in events[:n]]

    rest = _without(text, name, superfluous)
    text, missing = rest or "", data is None or rest is None
    root = parse(text, name).root
    if root is None:
        return _new(text, host, entries, missing=missing).encode()
    if root.last(host.member) is None:
        return _with_all(text, root, host, entries).encode()
    text = _renewed(text, name, entries)
    for event in host.events:
        text = _with_event(text, name, host.member, event, entries[event])
    return text.encode()


def without_hooks(data: bytes, name: str) -> bytes | None:
    """Return the file as it was before our hooks were added; `None` if there was none.

    Raises:
        UnreadableFile: the file is no JSON.
    """
    rest = _without(_text(data, name), name, list)
    return None if rest is None else rest.encode()


def command_lines(data: bytes, name: str) -> tuple[str, ...]:
    """Return our command lines in a file, each once.

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
    """Raise `UnreadableFile` if the host does not read such a file, or hooks cannot be added to it."""
    parsed = parse(text, name)
    if parsed.liberties and not host.comments:
        first = parsed.liberties[0]
        raise refusal(name, text, first.at, f"{first.what}, with which {host.name} does not read it")
    root = parsed.root
    if root is not None and root.kind != "{":
        raise refusal(name, text, root.start, "an object was expected")
    hooks = root.last(host.member) if root else None
    if hooks and hooks.value.kind != "{":
        raise refusal(name, text, hooks.value.start, f"`{host.member}` should be an object")


def _new(text: str, host: Host, entries: Entries, *, missing: bool) -> str:
    """Return a new file, or one that was blank."""
    mark = BOM if text.startswith(BOM) else ""
    end = newline(text)
    lead = "" if missing else WAS_BLANK
    whole = f"{{{lead}{end}{UNIT}{_members(host, entries, end, UNIT)}{end}}}"
    return f"{mark}{whole}{end if missing else text.removeprefix(mark)}"


def _with_all(text: str, root: Node, host: Host, entries: Entries) -> str:
    """Return a file that had no hooks."""
    if not root.children:
        return opened(text, root, _members(host, entries, newline(text), UNIT), "")
    indent = indent_in(text, root)
    end = None if indent is None else newline(text)
    versioned = root.last(_VERSION) is not None
    return added(text, root, _members(host, entries, end, indent or "", versioned=versioned))


def _members(host: Host, entries: Entries, end: str | None, indent: str, *, versioned: bool = False) -> str:
    """Return our member and the version after it, by which we know that the version is ours."""
    outer, inner = (" ", "") if end is None else (f"{end}{indent}", f"{end}{indent}{indent or UNIT}")
    lists = f",{inner or ' '}".join(f"{dumps(event)}: [{dumps(entries[event])}]" for event in host.events)
    hooks = f"{dumps(host.member)}: {{{inner}{lists}{outer if inner else ''}}}"
    return f"{hooks},{outer}{dumps(_VERSION)}: 1" if host.versioned and not versioned else hooks


def _with_event(text: str, name: str, member: str, event: str, entry: Mapping[str, Any]) -> str:
    root = parse(text, name).root
    hooks = root.last(member) if root else None
    if root is None or hooks is None or any(spot.event == event for spot in _spots(text, name)):
        return text
    present = hooks.value.last(event)
    if present is None:
        item = f"{dumps(event)}: [{dumps(entry)}]"
        indent = None if hooks.value.children else indent_in(text, root)
        return added(text, hooks.value, item) if indent is None else opened(text, hooks.value, item, indent)
    if present.value.kind != "[":
        raise refusal(name, text, present.value.start, f"`{event}` should be a list")
    return added(text, present.value, dumps(entry))


def _renewed(text: str, name: str, entries: Entries) -> str:
    """Replace command lines of another version."""
    for n in range(len(_spots(text, name))):
        spot = _spots(text, name)[n]
        entry = entries[spot.event]
        hook = entry[_HOOKS][0] if _HOOKS in entry else entry
        if _lines(text, spot.hook) != [hook[key] for key in _LINES if key in hook]:
            text = replaced(text, spot.hook, dumps(hook))
    return text


def _without(text: str, name: str, choose: Callable[[Sequence[Spot]], list[Spot]]) -> str | None:
    """Remove the chosen hooks, the last one first; return `None` if nothing is left of the file."""
    while chosen := choose(_spots(text, name)):
        path = list(chosen[-1].path)
        # Containers that we made are removed with their last hook.
        while len(path) > 1 and len(path[-1][0].children) == 1 and not was_there(came_to(text, path[-1][0])):
            path.pop()
        container, index = path[-1]
        rest = removed(text, container, index) if len(path) > 1 else _without_member(text, name, index)
        if rest is None:
            return None
        text = rest
    return text


def _without_member(text: str, name: str, index: int) -> str | None:
    """Remove the whole member, and the version that was added with it."""
    root = parse(text, name).root
    following = root.children[index + 1 : index + 2] if root else ()
    if root and any(child.key == _VERSION and text[child.value.start : child.end] == "1" for child in following):
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


def _spots(text: str, name: str) -> list[Spot]:
    """Return all of ours, in their order."""
    spots: list[Spot] = []
    root = parse(text, name).root
    if root is None:
        return spots
    for i, member in enumerate(root.children):
        for j, event in enumerate(member.value.children if member.key in _MEMBERS else ()):
            for k, item in enumerate(event.value.children):
                path = ((root, i), (member.value, j), (event.value, k))
                spots += _in_item(text, event.key, path, item.value)
    return spots


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
