"""What is new, changed or snoozed in the inbox."""

from typing import Any

import pytest
from msgspec import json
from msgspec.structs import replace

from inboxes import REPOSITORY, ago, full_inbox, head, inbox_of, open_pr, review
from pr_sessions.core.conflicts import MergeAttempt, MergeResult, shared_files, with_attempts
from pr_sessions.core.inbox import Mark, Row, build_rows
from pr_sessions.core.inbox_last_look import LastLook, looked, marked, repository_key, snooze
from pr_sessions.core.open_pull_requests import Checks, OpenPullRequest, ReviewState, ReviewStatus

LATER = ago(hours=-1)


def rows(*prs: OpenPullRequest) -> tuple[Row, ...]:
    return inbox_of(prs).rows


def look(shown: tuple[Row, ...], last: LastLook | None = None) -> LastLook:
    return looked(last or LastLook(), shown, shown, LATER)


def marks(last: LastLook, *prs: OpenPullRequest) -> dict[str, Mark | None]:
    return {row.id: row.mark for row in marked(rows(*prs), {REPOSITORY: last})}


def test_before_the_first_look_nothing_is_marked() -> None:
    assert marks(LastLook(), open_pr(1)) == {"#1": None}


def test_what_was_not_there_is_new_and_what_stayed_as_it_was_is_not_marked() -> None:
    assert marks(look(rows(open_pr(1))), open_pr(1), open_pr(2)) == {"#1": None, "#2": Mark.NEW}


@pytest.mark.parametrize(
    "event",
    [
        {"head_sha": head(9)},
        {"review": review(ReviewState.APPROVED, head(1), "bob")},
        {"checks": Checks.FAILING},
        {"merge_state": "clean"},
        {"has_base_conflict": True},
        {"is_draft": True},
        {"is_queued": True},
    ],
    ids=lambda event: next(iter(event)),
)
def test_an_event_changes_a_row(event: dict[str, Any]) -> None:
    assert marks(look(rows(open_pr(1))), open_pr(1, **event)) == {"#1": Mark.CHANGED}


@pytest.mark.parametrize("words", [{"title": "new words"}, {"labels": ("bug",)}, {"updated": LATER}])
def test_words_are_no_event(words: dict[str, Any]) -> None:
    assert marks(look(rows(open_pr(1))), open_pr(1, **words)) == {"#1": None}


def test_a_conflict_that_came_up_changes_both_rows() -> None:
    prs = tuple(open_pr(number, session_id=f"s{number}", files=("a.py",)) for number in (1, 2))
    pairs = shared_files(prs)
    clean, conflict = (
        build_rows(prs, with_attempts(pairs, {("acme/shop", ("1", "2")): MergeAttempt(result)}))
        for result in (MergeResult.CLEAN, MergeResult.CONFLICT)
    )
    assert [row.mark for row in marked(conflict, {REPOSITORY: look(clean)})] == [Mark.CHANGED] * 2


@pytest.mark.parametrize(
    "unread",
    [{"checks": Checks.UNKNOWN}, {"review": ReviewStatus()}, {"merge_state": ""}, {"has_base_conflict": None}],
    ids=lambda unread: next(iter(unread)),
)
def test_what_is_not_known_has_not_changed_and_is_compared_when_it_is_known_again(unread: dict[str, Any]) -> None:
    seen = look(rows(open_pr(1)))
    assert marks(seen, open_pr(1, **unread)) == {"#1": None}

    seen = look(rows(open_pr(1, **unread)), seen)
    assert marks(seen, open_pr(1)) == {"#1": None}
    assert marks(seen, open_pr(1, checks=Checks.FAILING, merge_state="clean", is_draft=True)) == {"#1": Mark.CHANGED}


def test_another_pull_request_in_a_session_changes_its_row_and_regrouping_makes_nothing_new() -> None:
    seen = look(rows(open_pr(1, session_id="s"), open_pr(2, session_id="s")))
    assert marks(seen, *(open_pr(number, session_id="s") for number in (1, 2, 3))) == {"s": Mark.CHANGED}
    assert marks(seen, open_pr(1), open_pr(2)) == {"#1": None, "#2": None}


def test_only_what_was_shown_counts_as_seen() -> None:
    both = rows(open_pr(1), open_pr(2))
    seen = looked(LastLook(), both, both[:1], LATER)
    assert sorted(marks(seen, open_pr(1), open_pr(2)).values(), key=str) == [None, Mark.NEW]


def test_what_is_closed_is_forgotten() -> None:
    seen = look(rows(open_pr(2)), look(rows(open_pr(1))))
    assert marks(seen, open_pr(1)) == {"#1": Mark.NEW}


def test_a_snoozed_row_is_hidden_until_its_next_event_and_then_forgotten() -> None:
    before = rows(open_pr(1))
    seen = snooze(look(before), before[0])
    after = rows(open_pr(1, checks=Checks.FAILING))

    assert [row.is_snoozed for row in (*marked(before, {REPOSITORY: seen}), *marked(after, {REPOSITORY: seen}))] == [
        True,
        False,
    ]
    assert marked(after, {REPOSITORY: seen})[0].mark is Mark.CHANGED
    assert look(after, seen).snoozed == {}
    assert look(before, seen).snoozed == seen.snoozed


def test_snoozing_once_more_wakes_a_row() -> None:
    row = rows(open_pr(1))[0]
    assert snooze(snooze(LastLook(), row), row) == LastLook()


def test_a_new_pull_request_wakes_the_row_of_its_session() -> None:
    seen = snooze(LastLook(at=LATER), rows(open_pr(1, session_id="s"))[0])
    assert not marked(rows(open_pr(1, session_id="s"), open_pr(2, session_id="s")), {REPOSITORY: seen})[0].is_snoozed


def test_only_hashes_and_times_are_kept() -> None:
    inbox = full_inbox()
    seen = look(inbox.rows)
    for row in inbox.rows:
        seen = snooze(seen, row)
    kept = json.encode(seen).decode()

    assert set(kept) <= set('0123456789abcdef{}[]":,-TZ.+atprssnoozed')
    assert json.decode(kept, type=LastLook) == seen
    assert "acme" not in repository_key("github.com", "acme/shop")


def test_each_repository_has_a_look_of_its_own() -> None:
    docs, shop = open_pr(1, repository="acme/docs"), open_pr(1)
    seen = {REPOSITORY: look(rows(open_pr(2))), "acme/other": look(rows(docs))}
    assert [(row.repository, row.mark) for row in marked(rows(docs, shop), seen)] == [
        ("acme/docs", None),
        (REPOSITORY, Mark.NEW),
    ]


def test_a_kept_state_of_fewer_aspects_is_compared_as_far_as_it_goes() -> None:
    seen = look(rows(open_pr(1)))
    shorter = replace(seen, prs={key: aspects[:2] for key, aspects in seen.prs.items()})
    assert marks(shorter, open_pr(1, checks=Checks.FAILING)) == {"#1": None}
    assert look(rows(open_pr(1)), shorter).prs == seen.prs
