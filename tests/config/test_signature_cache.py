"""Signatures from the package and the team, kept as JSON in the clone."""

import os
from pathlib import Path

import pytest

from pr_sessions.config import cache as caches
from pr_sessions.config.cache import effective_signatures, load_ruleset, package_signatures
from pr_sessions.core.agents import Confidence, Role
from pr_sessions.core.policy import Policy
from pr_sessions.core.signature import Kind, Signature
from pr_sessions.io.places import Place
from scene import on_disk

TEAM = Policy(team_signatures=("acme trailer Acme-Run: {id}",), signatures_off=("codex/branch",))
OWN = Signature(
    id="acme trailer Acme-Run: {id}",
    agent="acme",
    kind=Kind.TRAILER,
    role=Role.ASSISTED,
    confidence=Confidence.CERTAIN,
    any=("Acme-Run: {id}",),
)


def test_a_team_adds_signatures_and_switches_others_off() -> None:
    package = package_signatures()
    expected = (*(one for one in package if one.id != "codex/branch"), OWN)
    assert effective_signatures(TEAM.team_signatures, TEAM.signatures_off) == expected
    assert effective_signatures() == package


@pytest.mark.parametrize("policy", [Policy(), TEAM], ids=["package", "team"])
def test_what_is_kept_is_what_the_file_says(tmp_path: Path, policy: Policy) -> None:
    cache = Place(tmp_path, "signatures.json")
    first = load_ruleset(policy, cache)
    kept = on_disk(cache).read_bytes()
    again = load_ruleset(policy, cache)
    assert first == again == load_ruleset(policy, None)
    assert on_disk(cache).read_bytes() == kept


def test_what_is_kept_for_other_settings_does_not_count(tmp_path: Path) -> None:
    cache = Place(tmp_path, "signatures.json")
    load_ruleset(TEAM, cache)
    assert load_ruleset(Policy(), cache).signatures == package_signatures()
    assert load_ruleset(TEAM, cache).signatures[-1] == OWN


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b'{"stamp": 1}'])
def test_whatever_is_wrong_with_what_is_kept_the_file_counts(tmp_path: Path, text: bytes) -> None:
    cache = Place(tmp_path, "signatures.json")
    on_disk(cache).write_bytes(text)
    assert load_ruleset(Policy(), cache).signatures == package_signatures()


def test_a_new_version_of_the_package_counts_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, file = Place(tmp_path, "signatures.json"), tmp_path / "signatures.toml"
    text = caches.FILE.read_text("utf-8")
    file.write_text(text, "utf-8")
    monkeypatch.setattr(caches, "FILE", file)
    package_signatures.cache_clear()
    load_ruleset(Policy(), cache)
    file.write_text(text.replace('id = "codex/branch"', 'id = "codex/other"'), "utf-8")
    os.utime(file, ns=(1, 1))
    package_signatures.cache_clear()
    assert "codex/other" in {one.id for one in load_ruleset(Policy(), cache).signatures}
    package_signatures.cache_clear()


def test_a_reader_uses_what_is_kept_and_writes_nothing(tmp_path: Path) -> None:
    cache = Place(tmp_path, "signatures.json")
    assert load_ruleset(Policy(), cache, keeps=False).signatures == package_signatures()
    assert list(tmp_path.iterdir()) == []
    load_ruleset(TEAM, cache)
    kept = on_disk(cache).read_bytes()
    assert load_ruleset(Policy(), cache, keeps=False) == load_ruleset(Policy(), None)
    assert on_disk(cache).read_bytes() == kept


def test_nothing_is_set_up_by_looking(tmp_path: Path) -> None:
    assert load_ruleset(Policy(), Place(tmp_path, "none/signatures.json")).signatures == package_signatures()
    assert list(tmp_path.iterdir()) == []
