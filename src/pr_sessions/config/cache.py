"""The policy and the signatures that count in a repository, quick to read from JSON in the clone."""

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import cache as once
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from pr_sessions.core.agents import Confidence
from pr_sessions.core.json_text import decode
from pr_sessions.core.policy import Policy, Ruleset
from pr_sessions.core.signature import Signature
from pr_sessions.errors import CannotWrite, UnreadableFile
from pr_sessions.io.files import MIB, is_folder, read_bytes, replace_file
from pr_sessions.io.folder import status
from pr_sessions.io.places import Place

Warn = Callable[[str, str], None]
T = TypeVar("T")

# Raise it when the rules of reading change, here and in `hooks/marker.py`; changed defaults are noticed without.
FORMAT = 2

# A file may change twice within one tick of its clock; the coarsest (FAT) ticks every two seconds.
CLOCK_TICK = 2_000_000_000


class CachedPolicy(Struct, frozen=True, omit_defaults=True):
    """The cache of the policy.

    Attributes:
        stamp: the file that it was made from, by its attributes.
        defaults: those of the program that made it, as JSON. Decoding them would hide that another version has other
            fields.
        policy: what the file sets.
        unsaid: warnings about the file that nobody has seen, each with its hint.
    """

    stamp: str
    defaults: Raw
    policy: Policy
    unsaid: tuple[tuple[str, str], ...] = ()


def load_policy(config: Place, cache: Place | None, warn: Warn | None) -> Policy:
    """Return the policy that the configuration sets; all defaults where there is none.

    Args:
        config: the YAML file.
        cache: where the policy is kept as JSON, outside the working tree; written only where its folder exists.
        warn: takes each unknown setting and a hint, once for every change of the file; again where nothing can be
            kept, as in the first two seconds after the change. `None` where nobody sees what is said.

    Raises:
        InvalidConfiguration: the file has mistakes; the message names the line of each.
        UnreadableFile: it cannot be read.
    """
    began = time.time_ns()
    try:
        record = status(config)
    except OSError:
        return _parse(config, "").policy  # Reading meets the same refusal, and says it well.
    if record is None:
        return Policy()
    # The time of the last change (ctime) gives away an edit that sets the old time back.
    parts = (FORMAT, record.st_mtime_ns, record.st_ctime_ns, record.st_size, record.st_dev, record.st_ino)
    stamp = " ".join(map(str, parts))
    cached = recall(cache, CachedPolicy)
    if cached and (cached.stamp != stamp or cached.defaults != _defaults()):
        cached = None
    result = cached or _parse(config, stamp)
    if result.unsaid and warn:
        for problem, hint in result.unsaid:
            warn(problem, hint)
        result = replace(result, unsaid=())
    if result is not cached and began - record.st_mtime_ns > CLOCK_TICK:
        keep(cache, result)
    return result.policy


def _parse(config: Place, stamp: str) -> CachedPolicy:
    from pr_sessions.config.file import read, unknown_settings, valid_policy

    parsed = read(config)
    return CachedPolicy(stamp, _defaults(), valid_policy(parsed), unknown_settings(parsed))


def _defaults() -> Raw:
    return Raw(msgspec.json.encode(Policy()))


def recall(cache: Place | None, kind: type[T]) -> T | None:
    """Return what a cache holds; `None` where it holds nothing of that kind. A cache can only save time."""
    try:
        return decode(read_bytes(cache, MIB) or b"", kind) if cache else None
    except (UnreadableFile, msgspec.DecodeError):
        return None


def keep(cache: Place | None, value: Struct) -> None:
    """Write a cache, if its folder exists; reading sets nothing up. Where it cannot be written, nothing is kept."""
    with suppress(CannotWrite, UnreadableFile):
        if cache and is_folder(cache.parent):
            replace_file(cache, msgspec.json.encode(value))


FILE = Path(__file__).parent.parent / "core" / "signatures.toml"
SIGNATURES_FORMAT = 1  # Raise it when the rules of reading change.


class CachedSignatures(Struct, frozen=True):
    """The cache of the signatures.

    Attributes:
        stamp: the file that it was made from, by its attributes.
        team: the team's own signatures.
        off: what the team switched off.
        signatures: all that count.
    """

    stamp: str
    team: tuple[str, ...]
    off: tuple[str, ...]
    signatures: tuple[Signature, ...]


def load_ruleset(policy: Policy, cache: Place | None, *, keeps: bool = True) -> Ruleset:
    """Return the policy with all signatures that count under it.

    Args:
        policy: the team's settings, its own signatures and those that it switched off among them.
        cache: where the signatures are kept as JSON, outside the working tree; written only where its folder exists.
        keeps: whether the cache is written where it is missing or outdated.
    """
    record = FILE.stat()
    stamp = f"{SIGNATURES_FORMAT} {record.st_mtime_ns} {record.st_size} {record.st_ino}"
    cached = recall(cache, CachedSignatures)
    if cached and (cached.stamp, cached.team, cached.off) == (stamp, policy.team_signatures, policy.signatures_off):
        return Ruleset(policy, cached.signatures)
    signatures = effective_signatures(policy.team_signatures, policy.signatures_off)
    if keeps:
        keep(cache, CachedSignatures(stamp, policy.team_signatures, policy.signatures_off, signatures))
    return Ruleset(policy, signatures)


def effective_signatures(team: Collection[str] = (), off: Collection[str] = ()) -> tuple[Signature, ...]:
    """Return the package's signatures without those that are off, and the team's.

    Raises:
        InvalidValue: one of the team's is not a signature.
    """
    from pr_sessions.core.signature import team_signature

    ours = (signature for signature in package_signatures() if signature.id not in off)
    return (*ours, *map(team_signature, team))


@once
def package_signatures() -> tuple[Signature, ...]:
    """Return everything in `signatures.toml`."""
    import tomllib

    rules = tomllib.loads(FILE.read_text(encoding="utf-8"))["rules"]
    for rule in rules:
        rule["confidence"] = Confidence[rule["confidence"].upper()].value
    return msgspec.convert(rules, tuple[Signature, ...])
