"""What an auditor reads of one merged pull request, and which questions stay open."""

import hashlib

import pytest
from msgspec import json
from msgspec.structs import replace

from pr_sessions.server.evidence.csv_text import HEADER, csv_text
from pr_sessions.server.evidence.observations import Kind, Observation
from pr_sessions.server.evidence.rows import (
    Approval,
    CheckResult,
    EvidenceRow,
    MergedPullRequest,
    count_findings,
    evidence_row,
    rows_digest,
)
from server_moments import HOUR, MINUTE, NOON

HEAD, OLD = "a" * 40, "b" * 40
MERGED = MergedPullRequest(repository="shop/web", number="42", agent="cursor", merged_at=NOON, has_checks=True)
REQUEST = Observation(kind=Kind.REQUEST, number="42", subject="maria", at=NOON - HOUR)
MERGE = Observation(kind=Kind.MERGE, number="42", head=HEAD, subject="jonas", at=NOON)
CHECK = Observation(kind=Kind.CHECK, head=HEAD, subject="tests", at=NOON - MINUTE, outcome="success")
NO_BYPASS = Observation(kind=Kind.BYPASS, number="42", head=HEAD, at=NOON, outcome="pass")


def approved(by: str = "jonas", head: str = HEAD) -> Observation:
    return Observation(kind=Kind.REVIEW, number="42", head=head, subject=by, at=NOON - MINUTE, outcome="approved")


def test_a_pull_request_without_exceptions():
    assert evidence_row(MERGED, [NO_BYPASS, CHECK, approved(), MERGE, REQUEST]) == EvidenceRow(
        repository="shop/web",
        number="42",
        agent="cursor",
        requester="maria",
        merged_at=NOON,
        merged_by="jonas",
        head=HEAD,
        approvals=(Approval(by="jonas", head=HEAD, at=NOON - MINUTE, counts=True),),
        checks=(CheckResult(name="tests", outcome="success", at=NOON - MINUTE),),
        exceptions=(),
        unknowns=(),
    )


@pytest.mark.parametrize(
    ("observations", "exceptions", "unknowns"),
    [
        ([REQUEST, MERGE, CHECK, NO_BYPASS], ("no_second_person",), ()),
        ([REQUEST, MERGE, CHECK, NO_BYPASS, approved(head=OLD)], ("no_second_person",), ()),
        (
            [REQUEST, MERGE, CHECK, NO_BYPASS, approved("Maria")],
            ("no_second_person", "approved_by_requester"),
            (),
        ),
        ([REQUEST, MERGE, CHECK, NO_BYPASS, approved("maria"), approved()], ("approved_by_requester",), ()),
        ([REQUEST, MERGE, NO_BYPASS, approved()], ("unchecked_head",), ()),
        ([REQUEST, MERGE, NO_BYPASS, approved(), replace(CHECK, outcome="failure")], ("unchecked_head",), ()),
        ([REQUEST, MERGE, CHECK, approved(), replace(NO_BYPASS, outcome="bypass")], ("bypass",), ()),
        ([REQUEST, MERGE, CHECK, approved()], (), ("bypass",)),
        (
            [MERGE, CHECK, NO_BYPASS, approved()],
            (),
            ("requester", "no_second_person", "approved_by_requester"),
        ),
        ([MERGE, CHECK, NO_BYPASS, approved(), approved("ada")], (), ("requester", "approved_by_requester")),
        (
            [],
            (),
            (
                "requester",
                "merged_by",
                "head",
                "no_second_person",
                "approved_by_requester",
                "unchecked_head",
                "bypass",
            ),
        ),
    ],
)
def test_exceptions_and_what_nobody_can_say(observations, exceptions, unknowns):
    row = evidence_row(MERGED, observations)
    assert (row.exceptions, row.unknowns) == (exceptions, unknowns)


def test_without_any_check_of_the_repository_nobody_can_say_whether_the_head_was_checked():
    row = evidence_row(replace(MERGED, has_checks=False), [REQUEST, MERGE, NO_BYPASS, approved()])
    assert (row.exceptions, row.unknowns) == ((), ("unchecked_head",))


def test_exceptions_and_unknowns_are_counted():
    rows = [evidence_row(MERGED, [REQUEST, MERGE, CHECK]), evidence_row(MERGED, [REQUEST, MERGE, CHECK, approved()])]
    assert count_findings(rows) == {"exceptions": {"no_second_person": 1}, "unknowns": {"bypass": 2}}


def test_the_digest_is_over_the_rows_as_json_lines():
    rows = [evidence_row(MERGED, [REQUEST]), evidence_row(MERGED, [MERGE])]
    lines = b"".join(json.encode(row) + b"\n" for row in rows)
    assert rows_digest(rows) == hashlib.sha256(lines).hexdigest()


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_begins_a_formula(begin):
    hostile = replace(CHECK, subject=f"{begin}HYPERLINK(1)")
    row = replace(evidence_row(MERGED, [REQUEST, MERGE, hostile]), agent=f"{begin}cmd|' /C calc'!A1")
    cells = csv_text([row]).split("\r\n", 1)[1]
    assert f"'{begin}cmd" in cells
    assert f"'{begin}HYPERLINK(1): success" in cells


def test_the_table_has_one_line_for_each_row():
    row = evidence_row(MERGED, [REQUEST, MERGE, CHECK, approved(), approved(head=OLD), NO_BYPASS])
    approvals = f"jonas at {HEAD}; jonas at {OLD} (not merged)"
    line = f"shop/web,42,cursor,maria,2026-11-30T12:00:00Z,jonas,{HEAD},{approvals},tests: success,,"
    assert csv_text([row]).split("\r\n") == [",".join(HEADER), line, ""]
