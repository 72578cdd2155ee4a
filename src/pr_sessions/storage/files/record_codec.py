"""What is kept of one pull request as JSON, and the fields of any stored object.

Reading never fails: a field that holds what is not understood counts as missing and is set aside. Writing puts it back
in its place.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import reduce
from typing import Any, TypeVar

from msgspec import Struct, json

from pr_sessions.core.agents import Agent, Confidence, Evidence, Role, merge_agents
from pr_sessions.core.merge_json import entries, merge_json, merge_unknown, rest_of
from pr_sessions.core.models import (
    REPORTED,
    Attribution,
    Basis,
    PullRequestRecord,
    Stack,
    State,
)
from pr_sessions.core.runs import stored_key, without_ids
from pr_sessions.core.times import read_time, write_time
from pr_sessions.errors import InvalidValue

Record = dict[str, Any]
# Sums of larger ones could become numbers that Python refuses to write.
MOST = 10**15
T = TypeVar("T")
AGENT_KEYS = frozenset({"name", "role", "confidence", "evidence", "runs"})
EVIDENCE_KEYS = frozenset({"rule", "detail"})
STACK_KEYS = frozenset({"number", "position", "size", "base"})
ATTRIBUTION_KEYS = frozenset({"rung", "at", "detail", "by"})
FACT_TIMES = ("created", "closed", "merged")
FACT_TEXTS = ("author", "branch", "base")
FACT_COUNTS = ("files_changed", "test_files_added")
_STATES: Mapping[str, State] = {state.value: state for state in State}
_ROLES: Mapping[str, Role] = {role.value: role for role in Role if role is not Role.UNKNOWN}
_CONFIDENCES: Mapping[str, Confidence] = {c.label: c for c in Confidence if c is not Confidence.UNKNOWN}
# The words of version 0.1.0: its clients, which share the file, take any other for one of a newer version.
_BASIS_WORDS: Mapping[Basis, str] = {
    Basis.TIME: "time",
    Basis.COMMITS: "commits",
    Basis.STACK: "stack",
    Basis.WORKSPACE: "owned",
    Basis.MARKER: "mark",
    Basis.AGENT_RUN: "vendor",
    Basis.HOOK: "hook",
    Basis.MANUAL: "hand",
}
_BASES: Mapping[str, Basis] = {word: basis for basis, word in _BASIS_WORDS.items()}


class StoredRecord(Struct, frozen=True):
    """What is kept of a pull request, with the record that it was decoded from.

    Attributes:
        raw: the JSON object.
        value: what is understood of it.
        unknown: what known fields hold and this version does not understand, by field: of a list and of an object the
            entries that are not understood, otherwise the whole value.
    """

    raw: Record
    value: PullRequestRecord
    unknown: Record


def decode_records(records: Record | None, zone: tzinfo) -> tuple[dict[str, StoredRecord], Record]:
    """Return what is kept of pull requests, by number, and the records among them that are no objects."""
    unknown: Record = {}
    return read_records({"pull_requests": records}, zone, unknown), unknown.get("pull_requests", {})


def decode_record(raw: Record, zone: tzinfo) -> StoredRecord:
    """Return what is kept of one pull request."""
    unknown: Record = {}
    fields: dict[str, Any] = {key: time_of(raw, key, zone, unknown) for key in FACT_TIMES}
    fields |= {key: field(raw, key, str, unknown) for key in FACT_TEXTS}
    fields |= {key: field(raw, key, int, unknown) for key in FACT_COUNTS}
    fields["author"] = fields["author"] or ""
    state = field(raw, "state", str, unknown)
    value = PullRequestRecord(
        **fields,
        state=_STATES.get(state, state) if state else None,
        docs_updated=field(raw, "docs_updated", bool, unknown),
        stack=_read_stack(raw, unknown),
        agents=merge_agents(entries_of(raw, "agents", _read_agent, zone, unknown)),
        commits=tuple(sorted(set(texts_of(raw, "commits", unknown)))),
        is_auto=bool(field(raw, "is_auto", bool, unknown)),
        evidence=entries_of(raw, "evidence", _read_evidence, zone, unknown),
        attribution=_read_attribution(raw, zone, unknown),
        reported_at=_read_reported_at(raw, zone, unknown),
    )
    return StoredRecord(raw, value, unknown)


def encode_record(record: PullRequestRecord, sources: Sequence[StoredRecord] = ()) -> Record:
    """Return the record of one pull request; what is not known is not written.

    Args:
        record: its value now.
        sources: the records that it was decoded or merged from.
    """
    unknown = reduce(merge_unknown, (source.unknown for source in sources)) if sources else {}
    raw: Record = {
        "author": record.author or None,
        "state": record.state,
        "is_auto": record.is_auto,
        "agents": [_write_agent(agent) for agent in record.agents] or None,
        "commits": list(record.commits) or None,
        "files_changed": record.files_changed,
        "test_files_added": record.test_files_added,
        "docs_updated": record.docs_updated,
        "branch": record.branch,
        "base": record.base,
        "stack": _write_stack(record.stack),
        **{key: spell(getattr(record, key), _spelled_in(sources, record, key)) for key in FACT_TIMES},
        "evidence": [_write_evidence(e) for e in sorted(record.evidence)] or None,
        "placement": _write_attribution(record.attribution),
    }
    known = {key for key in REPORTED if raw[key] is not None or key in unknown}
    times = {key: write_time(at) for key, at in sorted(record.reported_at.items())}
    is_one = len({*times.values()}) == 1 and set(times) == (set() if "seen" in unknown else known)
    raw["seen"] = next(iter(times.values())) if is_one else times or None
    if unknown:
        # `False` and 0 are values of a field that is reported.
        raw |= in_their_place(raw, {k: v for k, v in unknown.items() if k not in REPORTED or raw[k] is None})
    known_keys = tuple(raw)
    return {k: v for k, v in raw.items() if v is not None} | unknown_fields(
        merged_fields([source.raw for source in sources], known_keys), known_keys
    )


def read_records(metadata: Record, zone: tzinfo, unknown: Record) -> dict[str, StoredRecord]:
    records = field(metadata, "pull_requests", dict, unknown)
    if not records:
        return {}
    if wrong := {number: raw for number, raw in records.items() if not isinstance(raw, dict)}:
        unknown["pull_requests"] = wrong
    return {number: decode_record(raw, zone) for number, raw in records.items() if number not in wrong}


def _read_evidence(entry: Any, _: tzinfo) -> Evidence | None:
    if not isinstance(entry, dict):
        return None
    wrong: Record = {}
    rule, detail = field(entry, "rule", str, wrong) or "", field(entry, "detail", str, wrong) or ""
    return Evidence(rule, detail, rest(entry, EVIDENCE_KEYS, wrong))


def _write_evidence(evidence: Evidence) -> Record:
    return with_rest({"rule": evidence.rule, "detail": evidence.detail}, evidence.rest)


def _read_agent(entry: Any, zone: tzinfo) -> Agent | None:
    """An object; an agent's bare name in the files of earlier programs. One without a name is no agent."""
    if isinstance(entry, str):
        return Agent(entry)
    if not isinstance(entry, dict):
        return None
    wrong: Record = {}
    name = field(entry, "name", str, wrong)
    if not name:
        return None
    role = meaning(entry, "role", _ROLES, wrong) or Role.UNKNOWN
    confidence = meaning(entry, "confidence", _CONFIDENCES, wrong) or Confidence.UNKNOWN
    evidence = tuple(sorted(entries_of(entry, "evidence", _read_evidence, zone, wrong)))
    runs = tuple(sorted(set(map(stored_key, texts_of(entry, "runs", wrong)))))
    return Agent(name, role, confidence, evidence, runs, rest(entry, AGENT_KEYS, wrong))


def _write_agent(agent: Agent) -> Record:
    fields: Record = {"name": agent.name}
    if agent.role is not Role.UNKNOWN:
        fields["role"] = agent.role.value
    if agent.confidence is not Confidence.UNKNOWN:
        fields["confidence"] = agent.confidence.label
    if agent.evidence:
        fields["evidence"] = [_write_evidence(e) for e in agent.evidence]
    if agent.runs:
        fields["runs"] = list(agent.runs)
    return with_rest(fields, agent.rest)


def _read_stack(raw: Record, unknown: Record) -> Stack | None:
    """Return the place in a stack; one without a number is not understood."""
    entry = field(raw, "stack", dict, unknown)
    if entry is None:
        return None
    wrong: Record = {}
    number = field(entry, "number", int, wrong)
    if number is None:
        unknown["stack"] = entry
        return None
    position, size = field(entry, "position", int, wrong) or 0, field(entry, "size", int, wrong) or 0
    return Stack(number, position, size, field(entry, "base", str, wrong) or "", rest(entry, STACK_KEYS, wrong))


def _write_stack(stack: Stack | None) -> Record | None:
    if stack is None:
        return None
    fields: Record = {"number": stack.number}
    fields |= {"position": stack.position} if stack.position else {}
    fields |= {"size": stack.size} if stack.size else {}
    return with_rest(fields | ({"base": stack.base} if stack.base else {}), stack.rest)


def _read_attribution(raw: Record, zone: tzinfo, unknown: Record) -> Attribution | None:
    """One without a basis is as weak as none, so that any other stands before it."""
    entry = field(raw, "placement", dict, unknown)
    if entry is None:
        return None
    wrong: Record = {}
    basis = meaning(entry, "rung", _BASES, wrong)
    if basis is None:
        basis = Basis.UNKNOWN if isinstance(word := wrong.get("rung"), str) and word != Basis.NONE.label else Basis.NONE
    at = time_of(entry, "at", zone, wrong)
    detail, by = field(entry, "detail", str, wrong) or "", field(entry, "by", str, wrong) or ""
    detail = without_ids(detail) if basis is Basis.AGENT_RUN else detail
    return Attribution(basis, at, detail, by, rest(entry, ATTRIBUTION_KEYS, wrong))


def _write_attribution(attribution: Attribution | None) -> Record | None:
    if attribution is None:
        return None
    word = _BASIS_WORDS.get(attribution.basis)
    fields: Record = {"rung": word} if word else {}
    if attribution.at is not None:
        fields["at"] = write_time(attribution.at)
    fields["detail"] = attribution.detail
    if attribution.by:
        fields["by"] = attribution.by
    return with_rest(fields, attribution.rest)


def _read_reported_at(raw: Record, zone: tzinfo, unknown: Record) -> Mapping[str, datetime]:
    """One time for all fields, or a time for each."""
    reported_at = raw.get("seen")
    if isinstance(reported_at, str):
        at = time_of(raw, "seen", zone, unknown)
        return {key: at for key in REPORTED if raw.get(key) is not None} if at else {}
    times = field(raw, "seen", dict, unknown)
    if not times:
        return {}
    wrong: Record = {}
    known = {key: at for key in REPORTED if (at := time_of(times, key, zone, wrong))}
    if wrong := wrong | {key: value for key, value in times.items() if key not in REPORTED}:
        unknown["seen"] = wrong
    return known


def _spelled_in(sources: Sequence[StoredRecord], record: PullRequestRecord, key: str) -> list[str | None]:
    """Return the spellings of a record's time, rather of those who reported it at the same moment."""
    same = [source for source in sources if getattr(source.value, key) == getattr(record, key)]
    at_once = [source for source in same if source.value.reported_at.get(key) == record.reported_at.get(key)]
    return [source.raw.get(key) for source in at_once or same]


def merged_fields(raws: Iterable[Record], known: Collection[str], also: Collection[str] = ()) -> Record:
    """Return the fields that this version does not know, and those in `also`; of different values the larger."""
    fields = [{k: v for k, v in raw.items() if k not in known or k in also} for raw in raws]
    return reduce(merge_json, fields) if fields else {}


def field(raw: Record, key: str, kind: type, unknown: Record) -> Any:
    """Return a field of the kind; what is none goes to `unknown`, and the field counts as missing."""
    value = raw.get(key)
    if value is None:
        return None
    fits = isinstance(value, kind)
    if fits and (kind is not int or (type(value) is int and -MOST <= value <= MOST)):
        return value
    unknown[key] = value
    return None


def meaning(entry: Record, key: str, words: Mapping[str, T], unknown: Record) -> T | None:
    """Return what a word of a fixed list means, in any case; one that is not on the list goes to `unknown`."""
    text = field(entry, key, str, unknown)
    if not text:
        return None
    value = words.get(text) or words.get(text.lower())
    if value is None:
        unknown[key] = text
    return value


def entries_of(
    raw: Record, key: str, read: Callable[[Any, tzinfo], T | None], zone: tzinfo, unknown: Record
) -> tuple[T, ...]:
    """Return the entries of a list; those that `read` does not understand go to `unknown`."""
    listed = field(raw, key, list, unknown)
    if not listed:
        return ()
    values = [read(entry, zone) for entry in listed]
    if None in values:
        unknown[key] = entries([entry for entry, value in zip(listed, values, strict=True) if value is None])
    return tuple(value for value in values if value is not None)


def texts_of(raw: Record, key: str, unknown: Record) -> list[str]:
    """Return a list of texts; an old file may hold numbers as numbers."""
    listed = field(raw, key, list, unknown)
    if not listed:
        return []
    texts = [str(value) for value in listed if type(value) in (str, int)]
    if len(texts) < len(listed):
        unknown[key] = entries([value for value in listed if type(value) not in (str, int)])
    return texts


def time_of(raw: Record, key: str, zone: tzinfo, unknown: Record) -> datetime | None:
    text = field(raw, key, str, unknown)
    if not text:
        return None
    try:
        return read_time(text, zone)
    except InvalidValue:
        unknown[key] = text
        return None


def rest(entry: Record, known: frozenset[str], wrong: Record) -> str:
    """Return what an entry says beyond what is understood."""
    if not wrong and entry.keys() <= known:
        return ""
    return rest_of({key: value for key, value in entry.items() if key not in known} | wrong)


def with_rest(fields: Record, rest: str) -> Record:
    if not rest:
        return fields
    unread = json.decode(rest)
    return fields | in_their_place(fields, unread)


def spell(moment: datetime | None, texts: Iterable[str | None]) -> str | None:
    """Return a time as it stood before; of several spellings the larger, of none ours."""
    if moment is None:
        return None
    known = list(texts)
    return max(text or write_time(moment) for text in known) if any(known) else write_time(moment)


def unknown_fields(old: Mapping[str, Any], known: tuple[str, ...]) -> Record:
    return {key: in_order(old[key]) for key in sorted(old) if key not in known}


def in_their_place(known: Record, unknown: Mapping[str, Any]) -> Record:
    """Return the fields as they are written where something in them is not understood.

    Entries of lists and objects stand behind the known ones; any other value stands where nothing is known.
    """
    written: Record = {}
    for key in sorted(unknown):
        written_value, value = known.get(key), in_order(unknown[key])
        if isinstance(written_value, list) and isinstance(value, list):
            written[key] = [*written_value, *value]
        elif isinstance(written_value, dict) and isinstance(value, dict):
            written[key] = {**value, **written_value}
        elif not written_value:
            written[key] = value
    return written


def in_order(value: Any) -> Any:
    """The value with the fields of all its objects by name, so that the order of joining never shows."""
    return json.decode(json.encode(value, order="sorted")) if isinstance(value, dict | list) else value
