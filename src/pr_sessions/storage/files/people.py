"""People in session files where the team hides them: what names one is found without decoding sessions."""

from typing import Any

from msgspec.structs import replace

from pr_sessions.core.people import HIDDEN, hide_people, session_without_people
from pr_sessions.core.policy import People, Policy
from pr_sessions.storage.files.codec import encode_session
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.record_codec import Record

_SHOWN = ("likely", "certain")


def without_people(sessions: FileSessions, policy: Policy | None) -> FileSessions:
    """Return the sessions as files may hold them; themselves where nothing has to change."""
    if policy is None or policy.people is People.SHOWN:
        return sessions
    sessions = hide_people(sessions, sessions.changes.sessions, policy)
    candidates = (i for i, entry in sessions.kept.items() if _may_name(entry.raw))
    stored = {i: sessions.reader.stored(i) for i in candidates}
    hidden = {i: session_without_people(each.value) for i, each in stored.items()}
    # All at once: to put them one by one takes the square of their number.
    raws = {i: encode_session(hidden[i], [each]) for i, each in stored.items() if hidden[i] is not each.value}
    if not raws:
        return sessions
    content = sessions.to_document()
    entries = (replace(entry, raw=raws.get(entry.id, entry.raw)) for entry in content.entries)
    return sessions.remade(replace(content, entries=tuple(entries)))


def _may_name(raw: Record) -> bool:
    metadata = raw.get("metadata")
    records = metadata.get("pull_requests") if type(metadata) is dict else None
    return type(records) is dict and any(map(_record_may_name, records.values()))


def _record_may_name(record: Any) -> bool:
    """Whether no agent opened it, and its author or that of its correction is none of its agents."""
    if type(record) is not dict or type(agents := record.get("agents")) is not list:
        return False
    author = record.get("author")
    is_hidden = False
    # Runs over every pull request on every write: a plain loop is half as slow as anything shorter.
    for agent in agents:
        if type(agent) is not dict or _opened(agent):
            return False  # Programs before ours wrote the bare names of those that opened it.
        is_hidden = is_hidden or agent.get("name") == author
    attribution = record.get("placement")
    by = attribution.get("by") if type(attribution) is dict else None
    return by not in (None, "", HIDDEN) or not is_hidden


def _opened(agent: Record) -> bool:
    role, confidence = agent.get("role"), agent.get("confidence")
    return type(role) is str and role.lower() == "opened" and type(confidence) is str and confidence.lower() in _SHOWN
