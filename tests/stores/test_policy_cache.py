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

from pr_sessions.errors import InvalidConfiguration, UnreadableFile
from pr_sessions.sessions.policy import Policy, Share
from pr_sessions.stores.policy_cache import FORMAT, Kept, load_policy

LOCAL = Policy(share=Share.LOCAL)
COMMIT = Policy(share=Share.COMMIT)


class Tree:
    """A configuration, written just now, and the place of its cache."""

    def __init__(self, root: Path) -> None:
        self.config = root / "c.yaml"
        self.cache = root / "clone" / "policy.json"
        self.cache.parent.mkdir()

    def write(self, text: str) -> None:
        self.config.write_text(text, encoding="utf-8")

    def load(self) -> Policy:
        return load_policy(self.config, self.cache)

    def age(self, seconds: int = 3600) -> None:
        facts = self.config.stat()
        os.utime(self.config, ns=(facts.st_atime_ns, facts.st_mtime_ns - seconds * 10**9))

    def keep(self, policy: Policy, *, form: int = FORMAT, defaults: Policy | None = None) -> None:
        """A cache as a program makes it from the configuration as it is now."""
        facts = self.config.stat()
        parts = (form, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_dev, facts.st_ino)
        kept = Kept(" ".join(map(str, parts)), defaults or Policy(), policy)
        self.cache.write_bytes(msgspec.json.encode(kept))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path)
    tree.write("share: local\n")
    return tree


def test_without_a_file_everything_is_default(tmp_path: Path) -> None:
    assert load_policy(tmp_path / "none" / "c.yaml", tmp_path / "policy.json") == Policy()
    assert list(tmp_path.iterdir()) == []


def test_without_a_cache_the_file_is_read(tree: Tree) -> None:
    assert load_policy(tree.config, None) == LOCAL


def test_a_cache_of_the_very_same_file_is_used(tree: Tree) -> None:
    tree.keep(COMMIT)
    assert tree.load() == COMMIT


def test_a_cache_is_not_used_after_the_file_changed(tree: Tree) -> None:
    tree.keep(COMMIT)
    tree.write("share: local # edited\n")
    assert tree.load() == LOCAL


def test_a_cache_is_not_used_for_another_file_of_the_same_size_and_time(tree: Tree) -> None:
    tree.keep(COMMIT)
    facts = tree.config.stat()
    other = tree.config.with_name("other.yaml")
    other.write_bytes(tree.config.read_bytes())
    os.utime(other, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    other.replace(tree.config)
    assert tree.load() == LOCAL


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no time of the last change of attributes")
def test_an_edit_that_sets_the_old_time_back_is_seen(tree: Tree) -> None:
    tree.keep(COMMIT)
    facts = tree.config.stat()
    while tree.config.stat().st_ctime_ns == facts.st_ctime_ns:  # until the file system's clock ticks
        tree.write("share: local\n")
        os.utime(tree.config, ns=(facts.st_atime_ns, facts.st_mtime_ns))
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
    tree.write("# team\nshare: team\ntime_out: 3\n")
    tree.age()
    with pytest.raises(InvalidConfiguration) as raised:
        tree.load()
    assert str(raised.value) == (
        f"{tree.config}:2: share: must be commit, branch or local\n{tree.config}:3: unknown setting 'time_out'"
    )
    assert raised.value.hint == "pr-sessions config --check says how to mend each"
    assert not tree.cache.exists()


def test_a_folder_in_its_place_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        load_policy(tmp_path, None)


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
def test_a_link_to_itself_is_unreadable(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.symlink_to(config)
    with pytest.raises(UnreadableFile):
        load_policy(config, None)


@given(
    st.timedeltas(timedelta(minutes=5), timedelta(minutes=120)),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20)).map(tuple),
)
def test_a_policy_survives_the_cache_unchanged(timeout: timedelta, markers: tuple[str, ...]) -> None:
    kept = Kept("stamp", Policy(), Policy(timeout=timeout, completion_markers=markers))
    assert msgspec.json.decode(msgspec.json.encode(kept), type=Kept) == kept


def test_a_cached_policy_costs_no_yaml(tree: Tree, child: Callable[..., subprocess.Popen[str]]) -> None:
    tree.keep(COMMIT)
    code = (
        "import sys, pathlib; from pr_sessions.stores.policy_cache import load_policy;"
        "load_policy(*map(pathlib.Path, sys.argv[1:]));"
        "print(sorted({'yaml', 'json', 'zoneinfo', 'difflib', 'subprocess', 'tempfile'} & set(sys.modules)))"
    )
    stdout, _ = child(code, str(tree.config), str(tree.cache)).communicate()
    assert stdout == "[]\n"
