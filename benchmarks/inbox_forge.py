"""A GitHub on loopback that says of pull requests what the ledger holds, in GitHub's own terms."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

from benchmarks.inbox_events import Happened
from benchmarks.inbox_ledger import Ledger
from benchmarks.inbox_truth import APP, WRITERS, Truth
from benchmarks.past_forge import description
from fake_github import FakeGitHub, Repository
from fake_github.objects import issue
from pr_sessions.core.agents import Agent, Confidence, Role, Run
from pr_sessions.core.models import Attribution, Basis, Completion, PullRequestRecord, Session, State, Trigger
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.core.times import write_time
from pr_sessions.storage.files.codec import encode_session
from pr_sessions.storage.files.session_file import Entry, format_document

_ROLLUPS = {"pending": "PENDING", "failing": "FAILURE", "passing": "SUCCESS"}
_MERGEABLE = {True: "CONFLICTING", False: "MERGEABLE", None: "UNKNOWN"}
# The words by which GitHub links an issue: https://docs.github.com/en/issues/tracking-your-work-with-issues
_CLOSES = re.compile(r"\b(?:clos(?:e[sd]?)|fix(?:e[sd])?|resolve[sd]?):? #(\d{1,9})\b", re.IGNORECASE)
_AGENT = Agent("claude-code", Role.OPENED, Confidence.CERTAIN)


class InboxForge(FakeGitHub):
    """Several repositories, empty at first, by the last commits of their default branches."""

    def __init__(self, bases: Mapping[str, str]) -> None:
        names = list(bases)
        super().__init__(description(), names[0])
        self._bases = bases
        for name in names[1:]:
            self.add_repository(name)
        for repository in self.repositories.values():
            repository.permissions |= dict.fromkeys(WRITERS, "write")

    def change(self, happened: Happened, ledger: Ledger) -> None:
        """Say what is true after an event."""
        repository = self.repositories[happened.repository]
        with self.lock:
            for truth in happened.changed:
                self._say(repository, truth, undecided=happened.undecided)
            if any(truth.hooked for truth in happened.changed):
                repository.contents["main", SESSION_FILE] = _session_file(
                    [each for each in ledger.truths.values() if each.repository == happened.repository and each.hooked]
                )

    def _say(self, repository: Repository, truth: Truth, *, undecided: bool) -> None:
        number, updated = int(truth.number), write_time(truth.updated)
        if number not in repository.pulls:
            repository.add_pull(number, truth.title, write_time(truth.opened), truth.author or None, body=truth.body)
            if not truth.is_fork:
                repository.permissions.setdefault(truth.author, "write")
        row = repository.pulls[number]
        is_app = truth.author.endswith("[bot]") or truth.author == "Copilot"
        (row["user"] or {}).update(type="Bot" if is_app else "User", id=truth.author_id)
        row["head"] |= {"ref": truth.branch, "sha": truth.head}
        row["head"]["repo"]["full_name"] = f"{truth.author}/fork" if truth.is_fork else truth.repository
        row["base"] |= {"ref": truth.base, "sha": self._bases[truth.repository]}
        row |= {
            "title": truth.title,
            "updated_at": updated,
            "state": "closed" if truth.end else "open",
            "closed_at": updated if truth.end else None,
            "merged_at": updated if truth.end == "merged" else None,
            "draft": truth.is_draft,
            "auto_merge": _auto_merge(row) if truth.auto_merge else None,
        }
        repository.files[number] = [repository.file(path) for path in truth.files]
        repository.commits[number] = [_commit(repository, truth)]
        repository.reviews[number] = [_review(review) for review in truth.reviews]
        repository.rollups.pop(number, None)
        if truth.checks != "none":
            repository.rollups[number] = _ROLLUPS[truth.checks]
        words = {"mergeable": _MERGEABLE[truth.has_base_conflict], "mergeStateStatus": truth.merge_word}
        closed = dict.fromkeys(int(found) for found in _CLOSES.findall(truth.body))
        repository.details[number] = {
            **({name: _found_out(word) for name, word in words.items()} if undecided else words),
            "isInMergeQueue": truth.is_queued,
            "closingIssuesReferences": [issue(each, truth.repository) for each in closed],
        }


def _found_out(word: str) -> Callable[[Mapping[str, Any]], str]:
    """GitHub begins to find it out when it is asked for the first time."""
    words = iter(["UNKNOWN"])
    return lambda _asked: next(words, word)


def _auto_merge(row: Mapping[str, Any]) -> dict[str, Any]:
    by = row["user"] or row["assignees"][0]
    return {"enabled_by": by, "merge_method": "squash", "commit_title": "", "commit_message": ""}


def _commit(repository: Repository, truth: Truth) -> dict[str, Any]:
    commit: dict[str, Any] = repository.description.example("commit-items")[0]
    person = {"name": "Ada", "email": "ada@example.com", "date": write_time(truth.pushed)}
    commit["commit"] |= {"message": truth.title, "author": person, "committer": person}
    return commit | {"sha": truth.head}


def _review(review: Any) -> dict[str, Any]:
    user = {"login": review.login, "id": 7, "type": "Bot" if review.login == APP else "User"}
    return {
        "user": user,
        "state": review.state,
        "commit_id": review.commit,
        "submitted_at": write_time(review.at),
    }


def _session_file(truths: Iterable[Truth]) -> bytes:
    """What hooks recorded: that a pull request was opened, not what became of it."""
    sessions: dict[str, list[Truth]] = defaultdict(list)
    for truth in truths:
        sessions[truth.hooked].append(truth)
    entries = []
    for name, members in sessions.items():
        first, heard = min(truth.opened for truth in members), members[0].heard
        last = heard or max(truth.updated for truth in members)
        session = Session(
            id=name,
            author=members[0].author,
            started=first,
            last_activity=last,
            completion=None if heard else Completion(last, Trigger.MANUAL_CLI),
            runs=(Run("claude-code", sha256(name.encode()).hexdigest()[:20], first, last),),
            pull_requests={truth.number: _record(truth) for truth in members},
        )
        entries.append(Entry(name, encode_session(session), completed=heard is None))
    return format_document(entries, {})


def _record(truth: Truth) -> PullRequestRecord:
    return PullRequestRecord(
        author=truth.author,
        state=State.OPEN,
        created=truth.opened,
        attribution=Attribution(Basis.HOOK, truth.opened),
        agents=(_AGENT,),
    )
