"""A small model of a file system: what is in memory, what is on the platter, and what a crash leaves of both."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from faults.layer import Call

Tree = dict[str, bytes | None]  # folders hold nothing


class _File:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.synced = data


class Disk:
    """Replays recorded calls.

    An `fsync` of a file puts its content on the platter, that of a folder the names in it. Nothing else gets there for
    sure; whatever is not there may be there or not after the power failed.
    """

    def __init__(self, tree: Tree) -> None:
        self._names: dict[str, _File | None] = {path: None if d is None else _File(d) for path, d in tree.items()}
        self._on_platter = dict(self._names)

    def apply(self, call: Call) -> None:
        match call.name:
            case "open":
                self._names.setdefault(call.path, _new())
            case "write":
                file = self._file(call.path)
                file.data = file.data[: call.position] + call.data + file.data[call.position + len(call.data) :]
            case "ftruncate":
                file = self._file(call.path)
                file.data = file.data[: call.position]
            case "fsync":
                self._sync(call.path)
            case "replace":
                self._names[call.other] = self._names.pop(call.path)
            case "unlink" | "rmdir":
                del self._names[call.path]
            case "mkdir":
                self._names[call.path] = None
            case "fchmod":
                pass
            case other:
                raise AssertionError(f"the model does not know {other}")

    def after_kill(self) -> Tree:
        """The process died, the system lives: all that was done counts."""
        return {path: file and file.data for path, file in self._names.items()}

    def after_power_cut(self) -> Iterator[Tree]:
        """The power failed: nothing unsynced got through, or the names did, or the contents did."""
        for names, synced in ((self._on_platter, True), (self._names, True), (self._on_platter, False)):
            yield {
                path: file and (file.synced if synced else file.data)
                for path, file in names.items()
                if all(names.get(above, 0) is None for above in _above(path))
            }

    def _file(self, path: str) -> _File:
        file = self._names[path]
        assert file is not None
        return file

    def _sync(self, path: str) -> None:
        file = self._names.get(path)
        if file is not None:
            file.synced = file.data
            return
        self._on_platter = {p: f for p, f in self._on_platter.items() if _folder(p) != path}
        self._on_platter |= {p: f for p, f in self._names.items() if _folder(p) == path}


def images(tree: Tree, calls: list[Call]) -> Iterator[tuple[str, Tree]]:
    """What may be there when it all stops before each call, or halfway through a write; each state once."""
    seen: set[frozenset[tuple[str, bytes | None]]] = set()
    for number, call in enumerate(calls):
        disk = _replayed(tree, calls[:number])
        for name, image in _stops(disk, number, call):
            key = frozenset(image.items())
            if key not in seen:
                seen.add(key)
                yield f"{name} {number + 1}: {call.name} {call.path}", image


def at_the_end(tree: Tree, calls: list[Call]) -> Iterator[tuple[str, Tree]]:
    """What may be there when it all stops after the operation has returned."""
    disk = _replayed(tree, calls)
    yield "killed at the end", disk.after_kill()
    for number, image in enumerate(disk.after_power_cut()):
        yield f"power cut at the end, {number}", image


def snapshot(root: Path) -> Tree:
    """A folder as the model sees it."""
    tree: Tree = {".": None}
    for path in sorted(root.rglob("*")):
        tree[os.path.relpath(path, root)] = None if path.is_dir() else path.read_bytes()
    return tree


def materialise(tree: Tree, root: Path) -> Path:
    """A real folder with what the model holds."""
    shutil.rmtree(root, ignore_errors=True)
    for path in sorted(tree, key=lambda p: p.count("/")):
        data = tree[path]
        if data is None:
            (root / path).mkdir(parents=True, exist_ok=True)
    for path, data in tree.items():
        if data is not None:
            (root / path).write_bytes(data)
    return root


def _replayed(tree: Tree, calls: list[Call]) -> Disk:
    disk = Disk(tree)
    for call in calls:
        disk.apply(call)
    return disk


def _stops(disk: Disk, number: int, call: Call) -> Iterator[tuple[str, Tree]]:
    yield "killed before", disk.after_kill()
    for image in disk.after_power_cut():
        yield "power cut before", image
    if call.name == "write":
        half = call.data[: len(call.data) // 2]
        disk.apply(Call("write", call.path, data=half, position=call.position))
        yield "killed halfway through", disk.after_kill()


def _new() -> _File:
    return _File(b"")


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "."


def _above(path: str) -> Iterator[str]:
    while path != ".":
        path = _folder(path)
        yield path
