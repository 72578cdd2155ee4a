import pytest

from pr_sessions.git.shared_branch import PushReport, read_report


def line(reason: str) -> bytes:
    return f"To hub\n!\tabc:refs/heads/pr-sessions\t{reason}\nDone\n".encode()


def test_a_push_that_was_taken_says_nothing() -> None:
    assert read_report(0, b"To hub\n*\ta:b\t[new branch]\nDone\n", b"remote: hello", "origin", "x") == PushReport()


@pytest.mark.parametrize(
    "reason",
    [
        "[rejected] (fetch first)",
        "[rejected] (non-fast-forward)",
        "[remote rejected] (failed to update ref)",
        "[remote rejected] (cannot lock ref 'refs/heads/x': is at 1 but expected 2)",
        "[remote rejected] (incorrect old value provided)",
        "[remote rejected] (reference already exists)",
    ],
)
def test_somebody_else_was_first(reason: str) -> None:
    assert read_report(1, line(reason), b"", "origin", "x") == PushReport(outrun=True, reason=reason)


@pytest.mark.parametrize(
    ("reason", "err", "hint"),
    [
        (
            "[remote rejected] (protected branch hook declined)",
            "remote: error: GH006: Protected branch update failed.\nremote: error: must have verified signatures.\n",
            "sign them: git config commit.gpgSign true, then pr-sessions sync; or exempt pr-sessions from that rule",
        ),
        (
            "[remote rejected] (push declined due to repository rule violations)",
            "remote: error: GH013: Repository rule violations found for refs/heads/pr-sessions.\n",
            "exempt pr-sessions from that rule, or name another branch as sync_branch in the configuration",
        ),
        (
            "[remote rejected] (pre-receive hook declined)",
            "remote: GitLab: You are not allowed to push code to protected branches on this project.\n",
            "exempt pr-sessions from that rule, or name another branch as sync_branch in the configuration",
        ),
        (
            "",
            "remote: Permission to a/b.git denied to bot.\nfatal: unable to access 'https://x/': error: 403\n",
            "you need the right to push to origin; a workflow needs `permissions: contents: write`",
        ),
        ("", "fatal: unable to access 'https://x/': Could not resolve host: x\n",
            "see whether git itself gets through: git push origin"),
        ("", "", "see whether git itself gets through: git push origin"),
    ],
)  # fmt: skip
def test_a_refusal_has_its_hint(reason: str, err: str, hint: str) -> None:
    report = read_report(128, line(reason) if reason else b"", err.encode(), "origin", "pr-sessions")
    assert (report.outrun, report.hint) == (False, hint)


def test_the_reason_is_one_line_of_the_remote_s_own_words() -> None:
    err = b"Counting\nremote: \nremote: no\x1b[31m pushes\nremote: today\nremote: ====\nerror: failed to push\n"
    report = read_report(1, line("[remote rejected] (hook declined)"), err, "origin", "x")
    assert report.reason == "[remote rejected] (hook declined); no [31m pushes; today"


@pytest.mark.parametrize("junk", [b"!\t", b"!\ta\n", b"\xff!\t\xff\t\xff\n", b"!\t\t\t\t"])
def test_what_is_no_report_is_a_refusal(junk: bytes) -> None:
    report = read_report(1, junk, junk, "origin", "x")
    assert (report.outrun, bool(report.reason), bool(report.hint)) == (False, True, True)
