"""Where files lie: a path below a root, as a value.

The hooks of coding agents use this module: it imports little, and raises nothing but `OSError`.
"""

import os


class Place:
    """A path below a root. The root itself may be reached through links, what is below it may not.

    Args:
        root: an absolute path.
        below: names with `/` between them; empty for the root itself.
        bits: permissions of our files there, such as 0o600; `None` in a working tree, where the umask decides.
    """

    __slots__ = ("below", "bits", "root")

    def __init__(self, root: "str | os.PathLike[str]", below: str = "", bits: int | None = None) -> None:
        self.root = os.fspath(root)
        self.below = below
        self.bits = bits

    @property
    def name(self) -> str:
        """The last component."""
        return self.below.rpartition("/")[2] or os.path.basename(self.root)

    @property
    def stem(self) -> str:
        """The last component without its ending."""
        return os.path.splitext(self.name)[0]

    @property
    def parent(self) -> "Place":
        """The folder that holds it. Above the root there is nothing, so the root's is the root."""
        return Place(self.root, self.below.rpartition("/")[0], self.bits)

    @property
    def path(self) -> str:
        """The whole path, for people and for other programs; our own code opens the place."""
        return os.path.join(self.root, *self.below.split("/")) if self.below else self.root

    def is_inside(self, folder: "Place") -> bool:
        """Tell whether it lies below a folder."""
        return self.path.startswith(folder.path + os.sep)

    def with_name(self, name: str) -> "Place":
        """Return the neighbour of that name."""
        return self.parent / name

    def __truediv__(self, below: str) -> "Place":
        return Place(self.root, f"{self.below}/{below}" if self.below else below, self.bits)

    def __str__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"Place({self.root!r}, {self.below!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)

    def __lt__(self, other: "Place") -> bool:
        return self.path < other.path


def followed(path: "str | os.PathLike[str]") -> Place:
    """Return the place to which a path leads, links included: for what users name or keep in their own folders."""
    return _from_what_exists(os.path.realpath(path))


def below_users_folder(path: "str | os.PathLike[str]") -> Place:
    """Return the place of a path outside any repository: links above it are the user's own, it is none itself."""
    folder, name = os.path.split(os.path.abspath(path))
    return _from_what_exists(os.path.join(os.path.realpath(folder), name))


def _from_what_exists(whole: str) -> Place:
    """Begin two steps above a file, so that its folder may go with it, or where there is a folder at all."""
    root = os.path.dirname(os.path.dirname(whole))
    while not os.path.isdir(root) and root != os.path.dirname(root):
        root = os.path.dirname(root)
    return Place(root, os.path.relpath(whole, root).replace(os.sep, "/"))
