import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.completion import completion_reason, explicit_marker
from pr_sessions.core.evidence_text import mark_body, mark_title
from pr_sessions.core.models import PullRequestRecord
from pr_sessions.core.policy import DEFAULT_MARKERS, LOOSE_MARKERS, Policy

ID = "mary-jane-20251121-0900"
STRICT = Policy()
LOOSE = Policy(completion_markers=(*DEFAULT_MARKERS, *LOOSE_MARKERS), loose_completion_markers=True)
UNLOCKED = Policy(completion_markers=(*DEFAULT_MARKERS, *LOOSE_MARKERS))
HEURISTIC = Policy(enable_heuristic_completion=True)


@pytest.mark.parametrize(
    ("title", "marker"),
    [
        ("Ready for review: parser", "ready for review"),
        ("Parser - READY FOR REVIEW", "ready for review"),
        ("  ready to review  ", "ready to review"),
        ("Final PR of the parser", "final pr"),
        ("[ready] parser", "[ready]"),
        ("🤖 [ready] parser", "[ready]"),
        ("Parser [session-complete]", "[session-complete]"),
        ("Parser, done with session", "done with session"),
        ("Parser", None),
        ("", None),
        ("Make ready for review work in parser", None),
        ("Final problem", None),
        ("final pr-tool", None),
        ("Semifinal PR", None),
        ("x[ready]", None),
        ("Not ready for review", None),
        ("Parser isn't ready for review", None),
        ("Parser, not yet ready to review", None),
        ("Knot ready for review", "ready for review"),
    ],
)
def test_a_marker_counts_as_a_whole_token_at_a_titles_edge(title: str, marker: str | None) -> None:
    assert explicit_marker(title, "", STRICT) == marker


@pytest.mark.parametrize(
    "words",
    [
        "incomplete",
        "autocomplete",
        "not finished",
        "Parser is not finished",
        "Parser never finished",
        "Parser isn’t complete",
        "Parser not yet complete",
        "unfinished",
        "semi-complete",
        "complete-ish",
        "completed",
        "complete_orphaned_sessions.py",
        "Fix complete_orphaned_sessions.py",
        "Add autocomplete",
        "done✅",
    ],
)
def test_what_only_contains_a_loose_word_never_completes(words: str) -> None:
    for title, body in ((words, ""), ("", words), ("", f"- {words}"), ("", f"**{words}**")):
        assert explicit_marker(title, body, LOOSE) is None


@pytest.mark.parametrize(
    ("title", "body", "marker"),
    [
        ("Parser complete", "", "complete"),
        ("Finished: parser", "", "finished"),
        ("✅ parser", "", "✅"),
        ("Parser", "All of it\n\nComplete\n", "complete"),
    ],
)
def test_loose_words_count_only_where_switched_on(title: str, body: str, marker: str) -> None:
    found = [explicit_marker(title, body, policy) for policy in (STRICT, UNLOCKED, LOOSE)]
    assert found == [None, None, marker]


@pytest.mark.parametrize(
    ("body", "marker"),
    [
        ("ready for review", "ready for review"),
        ("Text\r\n\r\n  Ready for Review  \r\nText", "ready for review"),
        ("- ready for review", "ready for review"),
        ("* **[ready]**", "[ready]"),
        ("**[session-complete]**", "[session-complete]"),
        ("ready for review <!-- at last -->", "ready for review"),
        ("ready for review!", None),
        ("This is ready for review", None),
        ("- [ ] ready for review", None),
        ("# ready for review", None),
        ("not\nready for reviews", None),
        ("> ready for review", None),
        ("```\nready for review\n```", None),
        ("`ready for review`", None),
        ("<!-- ready for review -->", None),
        ("<!--\nready for review\n-->", None),
        ("---\n[cursor-session: ready]\n<!-- ready for review -->\n<!-- complete -->", None),
        ("[cursor-session: ready]", None),
        ("**", None),
        ("****", None),
    ],
)
def test_a_marker_counts_alone_on_a_line_of_own_words(body: str, marker: str | None) -> None:
    assert explicit_marker("Parser", body, STRICT) == marker


def test_the_first_marker_as_configured_is_named() -> None:
    policy = Policy(completion_markers=("  ", "Ship It", "[READY]"))
    found = [explicit_marker("[ready] x", body, policy) for body in ("", "ship it", "nothing")]
    assert found == ["[READY]", "Ship It", "[READY]"]


def test_no_marker_completes_nothing() -> None:
    assert explicit_marker("ready", "ready", Policy(completion_markers=("", " "))) is None


@pytest.mark.parametrize("minimal", [False, True])
@pytest.mark.parametrize("policy", [STRICT, LOOSE])
def test_our_own_marks_never_complete(policy: Policy, minimal: bool) -> None:
    for session_id in (ID, "complete", "ready", "finished"):
        body = mark_body("Adds a parser.", session_id, minimal=minimal)
        assert explicit_marker(mark_title("Add parser"), body, policy) is None


@given(title=st.text(), body=st.text(), minimal=st.booleans())
def test_marking_changes_no_completion(title: str, body: str, minimal: bool) -> None:
    marked = explicit_marker(mark_title(title), mark_body(body, ID, minimal=minimal), LOOSE)
    assert marked == explicit_marker(title, body, LOOSE)


@given(marker=st.sampled_from(DEFAULT_MARKERS), joined=st.characters(categories=["L", "Nd"]) | st.sampled_from("-_"))
def test_a_joined_letter_makes_another_word(marker: str, joined: str) -> None:
    for title in (joined + marker, marker + joined):
        assert explicit_marker(title, title, LOOSE) is None


@pytest.mark.parametrize(
    ("title", "record", "policy", "reason"),
    [
        ("[ready] x", PullRequestRecord(test_files_added=1, docs_updated=True), HEURISTIC, "explicit_marker: [ready]"),
        ("x", PullRequestRecord(test_files_added=1, docs_updated=True), HEURISTIC, "heuristic_tests_docs"),
        ("x", PullRequestRecord(test_files_added=1, docs_updated=True), STRICT, None),
        ("x", PullRequestRecord(test_files_added=1), HEURISTIC, None),
        ("x", PullRequestRecord(test_files_added=0, docs_updated=True), HEURISTIC, None),
        ("x", PullRequestRecord(docs_updated=True), HEURISTIC, None),
        ("x", PullRequestRecord(), HEURISTIC, None),
    ],
)
def test_a_marker_comes_before_tests_and_docs(
    title: str, record: PullRequestRecord, policy: Policy, reason: str | None
) -> None:
    assert completion_reason(title, "", record, policy) == reason


def test_megabytes_complete_nothing() -> None:
    for piece in ("not ", "complete", "- ", "**", "ready for review ", "`", "\n"):
        text = piece * 300_000
        assert explicit_marker(f"x{text}x", f"x{text}x", LOOSE) is None
