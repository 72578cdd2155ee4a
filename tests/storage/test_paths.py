import pytest

from pr_sessions.core.paths import is_document, is_ours, is_test


@pytest.mark.parametrize(
    "path",
    [
        "tests/data.json",
        "pkg/test/x.c",
        "spec/a.rb",
        "web/__tests__/a.js",
        "test_a.py",
        "pkg/a_test.go",
        "a.test.ts",
        "web/a.spec.tsx",
        "a_spec.rb",
        "src/UserTest.java",
        "src/UserTests.cs",
        "src/UserSpec.scala",
    ],
)
def test_a_path_of_a_usual_layout_is_a_test(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize(
    "path", ["latest/a.py", "contest.py", "src/Contest.java", "attest_a.py", "test.py.d/a", "", "testing"]
)
def test_a_path_that_only_contains_the_word_is_no_test(path: str) -> None:
    assert not is_test(path)


@pytest.mark.parametrize("path", ["README.md", "a/B.RST", "docs/conf.py", "pkg/doc/a.png", "x.mdx", "x.adoc"])
def test_text_for_people_is_a_document(path: str) -> None:
    assert is_document(path)


@pytest.mark.parametrize("path", ["a.py", "mydocs/a.py", "readme.mdown.py", "docs"])
def test_other_files_are_no_documents(path: str) -> None:
    assert not is_document(path)


@pytest.mark.parametrize(
    "path",
    [
        "docs/metrics/auto_pr_sessions.json",
        "docs/metrics/auto_pr_sessions.backup.20251122.json",
        "docs/metrics/analytics/session_analytics_20251122.md",
    ],
)
def test_what_this_tool_writes_is_no_document(path: str) -> None:
    assert (is_ours(path), is_document(path)) == (True, False)
