"""The policy of a working tree, from JSON in the clone wherever the YAML has not changed since."""

import os
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from pr_sessions.errors import CannotWrite, UnreadableFile
from pr_sessions.sessions.policy import Policy
from pr_sessions.stores.files import MIB, read_bytes, replace_file

FORMAT = 1  # Raise it when the rules of reading change; changed defaults are noticed without.

# A file may change twice within one tick of its clock; the coarsest (FAT) ticks every two seconds.
CLOCK_TICK = 2_000_000_000


class Kept(Struct, frozen=True):
    """What the cache holds.

    Attributes:
        stamp: the file that it was made from, by its attributes.
        defaults: those of the program that made it.
        policy: what the file said.
    """

    stamp: str
    defaults: Policy
    policy: Policy


def load_policy(config: Path, cache: Path | None) -> Policy:
    """The policy that the configuration asks for; all defaults where there is none.

    Args:
        config: the YAML file.
        cache: where the policy is kept as JSON, outside the working tree; written only where its folder exists.

    Raises:
        InvalidConfiguration: the file has mistakes; the message names the line of each.
        UnreadableFile: it cannot be read.
    """
    began = time.time_ns()
    try:
        facts = config.stat()
    except (FileNotFoundError, NotADirectoryError):
        return Policy()
    except OSError:
        return _parse(config)  # Reading meets the same refusal, and says it well.
    stamp = _stamp(facts)
    kept = _recall(cache, stamp) if cache else None
    if kept is not None:
        return kept
    policy = _parse(config)
    if cache and began - facts.st_mtime_ns > CLOCK_TICK:
        _keep(cache, Kept(stamp, Policy(), policy))
    return policy


def _parse(config: Path) -> Policy:
    from pr_sessions.stores.configuration import read, valid_policy

    return valid_policy(read(config))


def _stamp(facts: os.stat_result) -> str:
    # The time of the last change (ctime) gives away an edit that sets the old time back.
    parts = (FORMAT, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_dev, facts.st_ino)
    return " ".join(map(str, parts))


def _recall(cache: Path, stamp: str) -> Policy | None:
    try:
        kept = msgspec.json.decode(read_bytes(cache, MIB) or b"", type=Kept)
    except (UnreadableFile, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # The cache can only save time: whatever is wrong with it, the YAML is there.
    return kept.policy if kept.stamp == stamp and kept.defaults == Policy() else None


def _keep(cache: Path, kept: Kept) -> None:
    if not cache.parent.is_dir():
        return  # Reading sets nothing up.
    try:
        replace_file(cache, msgspec.json.encode(kept))
    except CannotWrite:
        return  # The next reading parses the YAML again.
