"""The signatures that count in a repository: the package's and the team's, quick to read from JSON in the clone."""

from collections.abc import Collection
from functools import cache as once
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from pr_sessions.errors import CannotWrite, UnreadableFile
from pr_sessions.sessions.agent import Confidence
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.signature import Signature
from pr_sessions.stores.files import MIB, read_bytes, replace_file

FILE = Path(__file__).parent.parent / "sessions" / "signatures.toml"
FORMAT = 1  # Raise it when the rules of reading change.


class Kept(Struct, frozen=True):
    """What the cache holds.

    Attributes:
        stamp: the file that it was made from, by its attributes.
        team: the team's own signatures.
        off: what the team switched off.
    """

    stamp: str
    team: tuple[str, ...]
    off: tuple[str, ...]
    signatures: tuple[Signature, ...]


def with_signatures(policy: Policy, cache: Path | None) -> Policy:
    """The policy with all signatures that count.

    Args:
        policy: its team's signatures and what it switched off are looked at.
        cache: where they are kept as JSON, outside the working tree; written only where its folder exists.
    """
    stamp = _stamp()
    kept = _recall(cache) if cache else None
    if kept is None or (kept.stamp, kept.team, kept.off) != (stamp, policy.team_signatures, policy.signatures_off):
        found = effective_signatures(policy.team_signatures, policy.signatures_off)
        kept = Kept(stamp, policy.team_signatures, policy.signatures_off, found)
        if cache and cache.parent.is_dir():
            _keep(cache, kept)
    return msgspec.structs.replace(policy, signatures=kept.signatures)


def effective_signatures(team: Collection[str] = (), off: Collection[str] = ()) -> tuple[Signature, ...]:
    """The package's signatures without those that are off, and the team's.

    Raises:
        InvalidValue: one of the team's is none.
    """
    from pr_sessions.sessions.team_signatures import team_signature

    ours = (signature for signature in package_signatures() if signature.id not in off)
    return (*ours, *map(team_signature, team))


@once
def package_signatures() -> tuple[Signature, ...]:
    """Everything in `signatures.toml`."""
    import tomllib

    rules = tomllib.loads(FILE.read_text(encoding="utf-8"))["rules"]
    return msgspec.convert([_by_value(rule) for rule in rules], tuple[Signature, ...])


def _by_value(rule: dict[str, Any]) -> dict[str, Any]:
    return rule | {"confidence": Confidence[rule["confidence"].upper()].value}


def _stamp() -> str:
    facts = FILE.stat()
    return f"{FORMAT} {facts.st_mtime_ns} {facts.st_size} {facts.st_ino}"


def _recall(cache: Path) -> Kept | None:
    try:
        return msgspec.json.decode(read_bytes(cache, MIB) or b"", type=Kept)
    except (UnreadableFile, msgspec.DecodeError, UnicodeDecodeError):
        return None  # The cache can only save time.


def _keep(cache: Path, kept: Kept) -> None:
    try:
        replace_file(cache, msgspec.json.encode(kept))
    except CannotWrite:
        return  # The next reading parses the file again.
