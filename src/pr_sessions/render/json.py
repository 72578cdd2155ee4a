"""The JSON that commands print with `--json`. Keys are part of the interface; the code may use other names."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

from msgspec import json

from pr_sessions.core.agents import Agent, Confidence, Evidence, Role, Run, involvement
from pr_sessions.core.models import Attribution, Basis, Merging, PullRequestRecord, Split, Stack
from pr_sessions.core.summary import Overview, SessionSummary
from pr_sessions.core.times import write_time

if TYPE_CHECKING:
    from pr_sessions.core.explain import Explanation
    from pr_sessions.core.gate import Decision
    from pr_sessions.core.history import History
    from pr_sessions.core.inference import Group, Learnt
    from pr_sessions.core.overlaps import Overlaps
    from pr_sessions.core.recorded_inference import RecordedInference
    from pr_sessions.core.sign_counts import SignCounts
    from pr_sessions.importers.logs import LogsImported
    from pr_sessions.look.refresh import Refreshed
    from pr_sessions.look.survey import Closeup, PullRequestGroup, Survey, SurveyedPullRequest
    from pr_sessions.render.outcomes import Shown
    from pr_sessions.setup.steps import Step
    from pr_sessions.storage.audit import AuditEntry
    from pr_sessions.tracker.corrections import Merged, Moved, Parted

Json = dict[str, Any]


def session_json(summary: SessionSummary) -> Json:
    """Return a session; `status` is the one at that moment, `minutes_left` the time until it runs out."""
    session, end, totals = summary.session, summary.session.completion, summary.session.totals
    fields = {
        "session_id": session.id,
        "author": session.author,
        "started": time_json(session.started),
        "last_activity": time_json(session.last_activity),
        "prs": list(session.prs),
        "total_files_changed": totals.files_changed,
        "test_files_added": totals.test_files_added,
        "docs_updated": totals.docs_updated,
        "status": summary.status,
        "completed": time_json(end.at) if end else None,
        "completion_trigger": end.trigger if end else None,
        "duration_minutes": _minutes(session.duration) if end else None,
        "active_minutes": _minutes(session.active_time) if end else None,
        "final_score": session.final_score,
    }
    reopened = session.reopened
    return {key: value for key, value in fields.items() if value is not None} | {
        "title": session.title or None,
        "runs": [_run_json(run) for run in session.runs],
        "inferred": session.rests_on is Basis.TIME,
        "corrections": {
            "pull_requests": list(session.manual),
            "merged": [_correction_json(merging) for merging in sorted(session.merged)],
            "split": [_correction_json(part) for part in sorted(session.split)],
            "reopened": _with_rest({"at": write_time(reopened.at), "by": reopened.by}, reopened.rest)
            if reopened
            else None,
        },
        "minutes_left": summary.minutes_left,
    }


def session_with_pull_requests_json(summary: SessionSummary) -> Json:
    """Return a session with what is kept of each of its pull requests, `None` for nothing."""
    records = summary.session.pull_requests
    prs = {number: record_json(records[number]) if number in records else None for number in summary.session.prs}
    return session_json(summary) | {"pull_requests": prs}


def refreshed_json(refreshed: "Refreshed") -> Json:
    """Return what the forge says now of pull requests, by number."""
    prs = {
        number: {"title": each.title, "state": each.state, "draft": each.is_draft}
        for number, each in refreshed.pull_requests.items()
    }
    return {"source": refreshed.source, "pull_requests": prs, "unknowns": refreshed.unknowns}


def record_json(record: PullRequestRecord) -> Json:
    """Return what is kept of a pull request, without what is not known."""
    fields = {
        "author": record.author or None,
        "state": record.state,
        "is_auto": record.is_auto,
        "agents": [_agent_json(agent) for agent in record.agents] or None,
        "commits": list(record.commits) or None,
        "files_changed": record.files_changed,
        "test_files_added": record.test_files_added,
        "docs_updated": record.docs_updated,
        "branch": record.branch,
        "base": record.base,
        "stack": stack_json(record.stack),
        "created": time_json(record.created),
        "closed": time_json(record.closed),
        "merged": time_json(record.merged),
        "evidence": [_evidence_json(evidence) for evidence in sorted(record.evidence)] or None,
        "placement": _kept_attribution_json(record.attribution) if record.attribution else None,
    }
    return {key: value for key, value in fields.items() if value is not None}


def stack_json(stack: Stack | None) -> Json | None:
    """Return the place in a stack of the forge; `None` where there is none, or none is known."""
    if stack is None or not stack.number:
        return None
    fields = {"number": stack.number, "position": stack.position or None, "size": stack.size or None}
    return _with_rest(fields | {"base": stack.base or None}, stack.rest)


def _agent_json(agent: Agent) -> Json:
    fields = {
        "name": agent.name,
        "role": agent.role.value if agent.role is not Role.UNKNOWN else None,
        "confidence": agent.confidence.label if agent.confidence is not Confidence.UNKNOWN else None,
        "evidence": [_evidence_json(evidence) for evidence in agent.evidence] or None,
        "runs": list(agent.runs) or None,
    }
    return _with_rest({key: value for key, value in fields.items() if value is not None}, agent.rest)


def _evidence_json(evidence: Evidence) -> Json:
    return _with_rest({"rule": evidence.rule, "detail": evidence.detail}, evidence.rest)


def _kept_attribution_json(attribution: Attribution) -> Json:
    fields: Json = {} if attribution.basis in (Basis.NONE, Basis.UNKNOWN) else {"rung": attribution.basis.label}
    fields |= {"at": write_time(attribution.at)} if attribution.at else {}
    fields |= {"detail": attribution.detail} | ({"by": attribution.by} if attribution.by else {})
    return _with_rest(fields, attribution.rest)


def _run_json(run: Run) -> Json:
    times = {"started": write_time(run.started), "last_activity": write_time(run.last_activity)}
    also = {"also": list(run.also)} if run.also else {}
    return _with_rest({"agent": run.agent, "id": run.id, **times, **also}, run.rest)


def _correction_json(correction: Merging | Split) -> Json:
    fields = {"id": correction.id, "at": write_time(correction.at), "by": correction.by}
    return _with_rest(fields, correction.rest)


def _with_rest(fields: Json, rest: str) -> Json:
    """Add what a newer version wrote."""
    newer = json.decode(rest) if rest else {}
    return fields | {key: value for key, value in newer.items() if not fields.get(key)}


def _minutes(span: timedelta | None) -> int | None:
    return None if span is None else span // timedelta(minutes=1)


def overview_json(overview: Overview) -> Json:
    """Return the counts and the latest sessions."""
    recent = [session_json(summary) for summary in overview.recent]
    keys = ("session_id", "completion_trigger", "completed", "duration_minutes", "prs")
    completed = overview.completed
    return {
        "current": session_json(overview.current) if overview.current else None,
        "active": len(overview.active),
        "completed": len(completed),
        "pull_requests": overview.pull_requests,
        "unattributed": overview.unattributed,
        "active_sessions": [summary.session.id for summary in overview.active],
        "latest_completed": overview.recent[0].session.id if overview.recent else None,
        "oldest_completed": completed[0] if completed else None,
        "recent_completed": [{key: session.get(key) for key in keys} for session in recent],
        "paused": overview.paused,
    }


def explanation_json(explanation: "Explanation") -> Json:
    """Return what made a pull request automatic, and every basis that can put it into a session."""
    # Here, since every `status` writes JSON by this module and needs no rules of attribution.
    from pr_sessions.core.explain import BASES, Outcome

    return {
        "evidence": evidence_json(explanation.evidence),
        "involvement": involvement(explanation.agents),
        "agents": agents_json(explanation.agents),
        "placement": attribution_json(explanation.attribution),
        "ladder": [
            {
                "rung": result.basis.label,
                "meaning": BASES[result.basis],
                "decided": result.outcome is Outcome.DECIDED,
                "found": result.detail,
                "candidates": list(result.sessions),
            }
            for result in explanation.bases
        ],
    }


def inferred_json(group: "Group", learnt: "Learnt") -> Json:
    """Return a session that is inferred for reading and not stored, and by what rule."""
    return {"session_id": group.id, "prs": group.numbers, **_learnt_json(learnt)}


def inference_json(inference: "RecordedInference") -> Json | None:
    """Return into how many sessions stored pull requests are inferred to fall, and by what rule; `None` for none."""
    counts = {"pull_requests": inference.pull_requests, "unattributed": inference.unattributed}
    learnt = _learnt_json(inference.learnt)
    return counts | {"sessions": len(inference.groups), **learnt} if inference.groups else None


def candidates_json(explanation: "Explanation") -> list[Json]:
    """Return the bases that were evaluated, strongest first; the last one decided."""
    return [
        {"rung": each.basis.label, "candidates": each.candidates, "detail": each.detail}
        for each in explanation.candidates
    ]


def evidence_json(evidence: Iterable[Evidence]) -> list[dict[str, str]]:
    """Return what makes a pull request automatic."""
    return [{"rule": each.rule, "detail": each.detail} for each in evidence]


def agents_json(agents: Iterable[Agent]) -> list[Json]:
    """Return the agents that were involved, each with its evidence and where that comes from."""
    from pr_sessions.core.explain import source

    return [
        {
            "name": agent.name,
            "role": agent.role_label,
            "confidence": agent.confidence_label,
            "runs": list(agent.runs),
            "evidence": [{"rule": e.rule, "detail": e.detail, "word": source(e)} for e in agent.evidence],
        }
        for agent in agents
    ]


def attribution_json(attribution: Attribution | None) -> Json | None:
    """Return why a pull request is in its session."""
    if attribution is None:
        return None
    return {
        "rung": attribution.label,
        "at": time_json(attribution.at),
        "detail": attribution.detail,
        "by": attribution.by or None,
    }


def survey_json(survey: "Survey") -> Json:
    """Return the pull requests of a history, or those that are open, in their sessions."""
    if survey.at is None:
        return {
            "read": survey.read,
            "signs": {sign: survey.signs.get(sign, 0) for sign in ("opened", "assisted", "team_mark", "no_sign")},
            "undescribed": survey.undescribed,
            "bursts": survey.bursts,
            "inference": _learnt_json(survey.learnt) if survey.learnt else None,
            "days": survey.days,
            "sessions": [_history_group_json(group) for group in survey.sessions],
            "unattributed": survey.unattributed,
            "not_automatic": [_history_group_json(group) for group in survey.not_automatic],
            "agents": survey.agents,
            "evidence": survey.evidence,
            "overlaps": [*survey.collisions, *survey.overlaps],
            "shared_files": shared_files_json(survey.shared_files),
            "stacks": survey.stacks,
            "pull_requests": {n: surveyed_json(pr) for n, pr in survey.pull_requests.items()},
            "patterns": survey.patterns,
            "shallow": survey.is_shallow,
            "history": history_json(survey.history),
        }
    return {
        "repository": survey.repository,
        "at": survey.at,
        "sessions": [_open_group_json(group) for group in survey.sessions],
        "unattributed": survey.unattributed,
        "excluded": survey.excluded,
        "not_automatic": [{"author": group.author, "prs": group.prs} for group in survey.not_automatic],
        "agents": survey.agents,
        "collisions": survey.collisions,
        "overlaps": survey.overlaps,
        "shared_files": shared_files_json(survey.shared_files),
        "stacks": survey.stacks,
        "breaches": survey.breaches,
        "doubts": survey.unknowns,
        "requests": survey.requests,
        "pull_requests": {n: surveyed_json(pr) for n, pr in survey.pull_requests.items()},
    }


def shared_files_json(overlaps: "Overlaps") -> Json:
    """Return the pairs that touch the same files as three lists; their files stand with all overlaps."""
    return {
        name: {"pairs": [pair.numbers for pair in part.pairs], "left_out": part.left_out}
        for name, part in overlaps.lists.items()
    }


def _learnt_json(learnt: "Learnt") -> Json:
    return {"rule": learnt.rule, "known": learnt.known, "b_cubed_f": dict(learnt.figures)}


def history_json(history: "History | None") -> Json | None:
    """Return what was read of a history."""
    if history is None:
        return None
    from pr_sessions.core.history import NoPullRequest

    return {
        "ref": history.ref,
        "commit": history.tip or None,
        "at": history.tip_at,
        "commits": history.commits,
        "files_known": history.has_files,
        "no_pull_requests": {why: history.others.get(why, 0) for why in get_args(NoPullRequest)},
        "unnamed_merges": history.unnamed_merges,
    }


def surveyed_json(pr: "SurveyedPullRequest") -> Json:
    """Return a pull request of a survey."""
    fields = {
        "number": pr.number,
        "title": pr.title,
        "author": pr.author,
        "opened": pr.opened,
        "branch": pr.branch,
        "base": pr.base,
        "files": pr.files,
        "is_auto": pr.is_auto,
        "involvement": pr.involvement,
        "agents": agents_json(pr.agents),
        "session_id": pr.explanation.session_id,
    }
    if pr.merged is None:
        decision = decision_json(pr.at_opening)
        place = {"stack": stack_json(pr.stack)}
        return fields | place | {"is_draft": pr.is_draft, "is_fork": pr.is_fork, "at_opening": decision}
    return fields | {
        "merged": pr.merged,
        "commit": pr.commit,
        "kind": pr.kind,
        "evidence": evidence_json(pr.explanation.evidence),
        "tried": candidates_json(pr.explanation),
    }


def closeup_json(closeup: "Closeup") -> Json:
    """Return everything about one pull request, of a history or of a forge."""
    pr, survey = closeup.pull_request, closeup.survey
    related = {"stacks": survey.stacks_of(pr.number), "overlaps": closeup.overlaps}
    if survey.at is None:
        group = survey.group_of(pr.number)
        return {
            "pull_request": surveyed_json(pr),
            "group": _history_group_json(group) if group else None,
            "inference": _learnt_json(survey.learnt) if survey.learnt else None,
            "signs_in_commits": _sign_counts_json(closeup.counts),
            **related,
            "patterns": survey.patterns,
        }
    session_id = pr.explanation.session_id
    sessions = (_open_group_json(group) for group in survey.sessions if group.session_id == session_id)
    return {
        "number": pr.number,
        "title": pr.title,
        "author": pr.author,
        "state": closeup.state,
        "is_auto": pr.is_auto,
        "evidence": evidence_json(pr.explanation.evidence),
        "agents": agents_json(pr.agents),
        "believed": closeup.is_trusted,
        "gate": decision_json(closeup.decision),
        "at_opening": decision_json(pr.at_opening),
        "session": next(sessions, None) if session_id else None,
        "session_id": session_id,
        "tried": candidates_json(pr.explanation),
        **related,
        "doubts": closeup.unknowns,
    }


def _sign_counts_json(counts: "SignCounts") -> Json:
    showing = [{"rule": e.rule, "detail": e.detail, "commits": count} for e, count in sorted(counts.showing.items())]
    return {"commits": counts.commits, "showing": showing}


def decision_json(decision: "Decision | None") -> Json | None:
    """Return whether checks may wait, and what speaks against it."""
    return {"postpone": decision.postpone, "reasons": decision.reasons} if decision else None


def _history_group_json(group: "PullRequestGroup") -> Json:
    keys = ["session_id", "author", "started", "latest", "prs", "files"]
    keys += ["review", "agents", "runs", "inferred", "trigger"]
    return {key: getattr(group, key) for key in keys}


def _open_group_json(group: "PullRequestGroup") -> Json:
    keys = ["session_id", "author", "started", "latest", "prs", "review", "files", "agents"]
    keys += ["oldest", "goes_on", "ended", "trigger", "ends"]
    return {key: getattr(group, key) for key in keys}


def opened_json(shown: "Shown", summary: SessionSummary | None) -> Json:
    """Return a pull request that is open now or would be opened; `summary` is of its session."""
    record = shown.added.recorded.record if shown.added else None
    return {
        "pr_number": shown.added.recorded.number if shown.added else shown.number,
        "url": shown.url or None,
        "already_open": shown.is_open,
        "dry_run": shown.added is None,
        "tool": shown.tool,
        "remote": shown.work.remote,
        "branch": shown.work.branch,
        "base": shown.base,
        "pushes": shown.pushes,
        "draft": shown.draft,
        "title": shown.title,
        "body": shown.body,
        "session_id": summary.session.id if summary else shown.session_id,
        "session": session_json(summary) if summary else None,
        "evidence": evidence_json(record.evidence if record else ()),
        "placement": attribution_json(record.attribution if record else None),
        "completed": [session.id for session in shown.added.ended] if shown.added else [],
    }


def moved_json(moved: "Moved") -> Json:
    """Return where a correction put a pull request."""
    return {
        "pr_number": moved.number,
        "session_id": moved.after,
        "before": moved.before,
        "by": moved.by,
        "changed": moved.changed,
        "known": moved.known,
    }


def merged_json(merged: "Merged") -> Json:
    """Return what a merge made of two sessions."""
    return {
        "survivor": merged.session.id,
        "author": merged.session.author or None,
        "dropped_author": merged.dropped_author or None,
        "absorbed": merged.absorbed if merged.changed else None,
        "by": merged.by,
        "changed": merged.changed,
    }


def parted_json(parted: "Parted") -> Json:
    """Return what came of a merge that was undone."""
    return {
        "session_id": parted.session.id,
        "survivor": parted.survivor,
        "absorbed": parted.absorbed,
        "prs": list(parted.session.prs),
        "left": list(parted.left),
    }


def entry_json(entry: "AuditEntry") -> Json:
    """Return an entry of the audit log."""
    fields = {"id": entry.id, "at": write_time(entry.at), "by": entry.by, "what": entry.operation, "why": entry.reason}
    return fields | {key: entry.details[key] for key in sorted(entry.details) if key not in fields}


def steps_json(steps: Sequence["Step"]) -> list[dict[str, str]]:
    """Return the steps of a setup."""
    return [{"act": step.action, "path": str(step.path), "what": step.what} for step in steps]


def time_json(moment: datetime | None) -> str | None:
    """Return a time as ISO 8601 in UTC."""
    return write_time(moment) if moment else None


def logs_imported_json(imported: "LogsImported") -> Json:
    """Return what an import of agents' logs came to."""
    return {
        "opened": imported.opened,
        "assisted": imported.assisted,
        "unknown": imported.unknown,
        "elsewhere": imported.elsewhere,
        "sessions": list(imported.sessions),
        "changed": imported.changed,
    }
