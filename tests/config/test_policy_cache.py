import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.config.cache import FORMAT, CachedPolicy, Warn, load_policy
from pr_sessions.core.policy import Policy, Share
from pr_sessions.errors import InvalidConfiguration, UnreadableFile
from pr_sessions.io.places import Place
from scene import place

LOCAL = Policy(share=Share.LOCAL)
COMMIT = Policy(share=Share.COMMIT)


def as_json(policy: Policy) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(policy))


class Tree:
    """A configuration, written just now, and the place of its cache."""

    def __init__(self, root: Path) -> None:
        self.config = root / "c.yaml"
        self.cache = root / "clone" / "policy.json"
        self.cache.parent.mkdir()

    def write(self, text: str) -> None:
        self.config.write_text(text, encoding="utf-8")

    def load(self, warn: Warn | None = None) -> Policy:
        return load_policy(place(self.config), place(self.cache), warn)

    def warned(self) -> list[str]:
        """What a reading says that somebody sees."""
        said: list[str] = []
        self.load(lambda problem, hint: said.append(f"{problem}; {hint}"))
        return said

    def age(self, seconds: int = 3600) -> None:
        record = self.config.stat()
        os.utime(self.config, ns=(record.st_atime_ns, record.st_mtime_ns - seconds * 10**9))

    def keep(self, policy: Policy, *, form: int = FORMAT, defaults: Policy | None = None) -> None:
        """A cache as a program makes it from the configuration as it is now."""
        record = self.config.stat()
        parts = (form, record.st_mtime_ns, record.st_ctime_ns, record.st_size, record.st_dev, record.st_ino)
        kept = CachedPolicy(" ".join(map(str, parts)), as_json(defaults or Policy()), policy)
        self.cache.write_bytes(msgspec.json.encode(kept))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path)
    tree.write("share: local\n")
    return tree


def test_without_a_file_everything_is_default(tmp_path: Path) -> None:
    assert load_policy(Place(tmp_path, "none/c.yaml"), Place(tmp_path, "policy.json"), None) == Policy()
    assert list(tmp_path.iterdir()) == []


def test_without_a_cache_the_file_is_read(tree: Tree) -> None:
    assert load_policy(place(tree.config), None, None) == LOCAL


def test_a_cache_of_the_very_same_file_is_used(tree: Tree) -> None:
    tree.keep(COMMIT)
    assert tree.load() == COMMIT


def test_a_cache_is_not_used_after_the_file_changed(tree: Tree) -> None:
    tree.keep(COMMIT)
    tree.write("share: local # edited\n")
    assert tree.load() == LOCAL


def test_a_cache_is_not_used_for_another_file_of_the_same_size_and_time(tree: Tree) -> None:
    tree.keep(COMMIT)
    record = tree.config.stat()
    other = tree.config.with_name("other.yaml")
    other.write_bytes(tree.config.read_bytes())
    os.utime(other, ns=(record.st_atime_ns, record.st_mtime_ns))
    other.replace(tree.config)
    assert tree.load() == LOCAL


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no time of the last change of attributes")
def test_an_edit_that_sets_the_old_time_back_is_seen(tree: Tree) -> None:
    tree.keep(COMMIT)
    record = tree.config.stat()
    while tree.config.stat().st_ctime_ns == record.st_ctime_ns:  # until the file system's clock ticks
        tree.write("share: local\n")
        os.utime(tree.config, ns=(record.st_atime_ns, record.st_mtime_ns))
    assert tree.load() == LOCAL


def test_a_file_that_changed_a_moment_ago_is_not_cached(tree: Tree) -> None:
    assert tree.load() == LOCAL
    assert not tree.cache.exists()


def test_a_file_from_the_future_is_not_cached(tree: Tree) -> None:
    tree.age(seconds=-3600)
    assert tree.load() == LOCAL
    assert not tree.cache.exists()


def test_a_file_that_has_been_quiet_is_cached(tree: Tree) -> None:
    tree.age()
    assert tree.load() == LOCAL
    written = tree.cache.read_bytes()
    tree.keep(LOCAL)
    assert tree.cache.read_bytes() == written


def test_a_cache_made_with_other_defaults_is_not_used(tree: Tree) -> None:
    tree.keep(COMMIT, defaults=Policy(timeout=timedelta(minutes=31)))
    assert tree.load() == LOCAL


def test_a_cache_made_by_other_rules_is_not_used(tree: Tree) -> None:
    tree.keep(COMMIT, form=FORMAT + 1)
    assert tree.load() == LOCAL


def test_a_cache_of_0_1_0_whose_policy_held_signatures_is_not_used(tree: Tree) -> None:
    tree.keep(COMMIT, form=1)
    data = msgspec.json.decode(tree.cache.read_bytes())
    data["policy"]["signatures"] = data["defaults"]["signatures"] = []
    tree.cache.write_bytes(msgspec.json.encode(data))
    assert tree.load() == LOCAL


@pytest.mark.parametrize("fields", [{"later": 5}, {"time_zone": None}], ids=["one more", "one less"])
def test_a_cache_made_by_a_version_with_other_settings_is_not_used(tree: Tree, fields: dict[str, object]) -> None:
    tree.keep(COMMIT)
    cached = msgspec.json.decode(tree.cache.read_bytes())
    defaults = {key: value for key, value in {**cached["defaults"], **fields}.items() if value is not None}
    tree.cache.write_bytes(msgspec.json.encode({**cached, "defaults": defaults}))
    assert tree.load() == LOCAL


UNKNOWN = "share: local\nshares: 3\n"


def test_an_unknown_setting_is_said_once_for_every_change_of_the_file(tree: Tree) -> None:
    tree.write(UNKNOWN)
    tree.age()
    assert [tree.warned(), tree.warned()] == [
        [f"{tree.config}:2: unknown setting 'shares': it changes nothing; did you mean share?"],
        [],
    ]
    tree.write(f"# edited\n{UNKNOWN}")
    tree.age()
    assert (len(tree.warned()), tree.warned(), tree.load()) == (1, [], LOCAL)


def test_what_nobody_has_seen_is_said_to_the_first_who_does(tree: Tree) -> None:
    tree.write(UNKNOWN)
    tree.age()
    assert [tree.load(), tree.load()] == [LOCAL, LOCAL]
    assert [len(tree.warned()), len(tree.warned())] == [1, 0]


def test_where_nothing_can_be_kept_an_unknown_setting_is_said_each_time(tree: Tree) -> None:
    tree.write(UNKNOWN)
    tree.age()
    tree.cache.parent.rmdir()
    assert [len(tree.warned()), len(tree.warned())] == [1, 1]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b'{"stamp":1}', b'{"stamp":"\xff"}', b" " * 2**21])
def test_a_corrupt_cache_is_ignored(tree: Tree, data: bytes) -> None:
    tree.cache.write_bytes(data)
    assert tree.load() == LOCAL


def test_a_cache_that_cannot_be_read_or_written_is_no_error(tree: Tree) -> None:
    tree.age()
    tree.cache.mkdir()
    assert tree.load() == LOCAL


def test_reading_makes_no_folder_for_the_cache(tree: Tree) -> None:
    tree.age()
    tree.cache.parent.rmdir()
    assert tree.load() == LOCAL
    assert not tree.cache.parent.exists()


def test_mistakes_are_refused_with_their_places_and_not_cached(tree: Tree) -> None:
    tree.write("# team\nshare: team\ntimeout_minutes: 3\n")
    tree.age()
    with pytest.raises(InvalidConfiguration) as raised:
        tree.load()
    assert str(raised.value) == (
        f"{tree.config}:2: share: must be commit, branch or local\n"
        f"{tree.config}:3: timeout_minutes: must be from 5 to 120 minutes, not 3"
    )
    assert raised.value.hint == "pr-sessions config --check says how to fix each"
    assert not tree.cache.exists()


def test_a_folder_in_its_place_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        load_policy(place(tmp_path), None, None)


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
@pytest.mark.parametrize("target", ["c.yaml", "other.yaml"])
def test_a_link_is_unreadable(tmp_path: Path, target: str) -> None:
    (tmp_path / "other.yaml").write_text("share: local\n")
    (tmp_path / "c.yaml").symlink_to(target)
    with pytest.raises(UnreadableFile, match=r"cannot read .*c\.yaml: it is a symbolic link"):
        load_policy(Place(tmp_path, "c.yaml"), None, None)


@given(
    st.timedeltas(timedelta(minutes=5), timedelta(minutes=120)),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20)).map(tuple),
)
def test_a_policy_survives_the_cache_unchanged(timeout: timedelta, markers: tuple[str, ...]) -> None:
    kept = CachedPolicy("stamp", as_json(Policy()), Policy(timeout=timeout, completion_markers=markers))
    assert msgspec.json.decode(msgspec.json.encode(kept), type=CachedPolicy) == kept


def test_a_cached_policy_costs_no_yaml(tree: Tree, child: Callable[..., subprocess.Popen[str]]) -> None:
    tree.keep(COMMIT)
    code = (
        "import sys; from pr_sessions.io.places import Place;"
        "from pr_sessions.config.cache import load_policy;"
        "load_policy(Place(*sys.argv[1:3]), Place(*sys.argv[3:5]), None);"
        "print(sorted({'yaml', 'json', 'zoneinfo', 'difflib', 'subprocess', 'tempfile'} & set(sys.modules)))"
    )
    places = [place(path) for path in (tree.config, tree.cache)]
    stdout, _ = child(code, *(part for one in places for part in (one.root, one.below))).communicate()
    assert stdout == "[]\n"
