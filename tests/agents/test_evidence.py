"""What a tool's result proves: a pull request was opened, a branch was pushed, or nothing."""

import json

import pytest

from pr_sessions.agents import evidence

URL = "https://github.com/octo/demo/pull/42"
OTHER = "https://github.com/octo/demo/pull/43"
MERGE = "https://gitlab.example.com/group/sub/demo/-/merge_requests/7"
PUSHED = "To github.com:octo/demo.git\n   1a2b..3c4d  topic -> topic\n"
BODY = 'gh pr create --title x --body "$(cat <<\'EOF\'\n## It\'s\n- "done"; gh pr view\nEOF\n)"'


OPENED = f"""pushing topic to origin
Opened pull request 42 in ada-20251122-1000, which begins with it
  address  {URL}
  title    auto-pr: Billing {OTHER}
  branch   topic into main
"""
OPENED_JSON = json.dumps({"pr_number": "42", "url": URL, "already_open": False, "body": f"see\n{OTHER}\n"}, indent=2)
CONTRIBUTED = {"event": "contributed", "branch": "topic", "how": "git push"}


def opened(url: str = URL, how: str = "gh pr create") -> dict[str, str]:
    return {"event": "opened", "url": url, "how": how}


@pytest.mark.parametrize(
    ("command", "output", "shown"),
    [
        ("gh pr create --fill", f"Creating pull request for a into main in o/r\n\n{URL}\n", opened()),
        ("cd app && git push -u origin x && gh pr create --fill", f"{URL}\n", opened()),
        ("GH_TOKEN=x gh pr create", URL, opened()),
        ("/usr/bin/gh -R octo/demo pr new --title 'a b'", URL, opened()),
        ("gh.exe pr create", f"\x1b[32m{URL}\x1b[0m\n", opened()),
        (BODY, URL, opened()),
        ("bash -lc 'gh pr create --fill'", URL, opened()),
        ("if gh pr create --fill; then echo yes; fi", f"{URL}\nyes\n", opened()),
        ("url=$(gh pr create --fill) && echo $url", URL, opened()),
        ("gh pr create --fill && gh pr view --json url", f'{URL}\n{{"url":"{URL}"}}\n', opened()),
        ("glab mr create --fill", f"!7 a (x)\n {MERGE}\n", opened(MERGE, "glab mr create")),
        ("gh pr create -H ada:topic --fill", URL, {**opened(), "branch": "topic"}),
        ("gh pr create --head=topic --fill", URL, {**opened(), "branch": "topic"}),
        ("glab mr create -s topic", MERGE, {**opened(MERGE, "glab mr create"), "branch": "topic"}),
        # Our own.
        ("pr-sessions open --draft", OPENED, opened(how="pr-sessions open")),
        ("git push -q; pr-sessions open --title -s --body topic", OPENED, opened(how="pr-sessions open")),
        ("python3.12 -m pr_sessions open", OPENED, opened(how="pr-sessions open")),
        ("/a b/pr-sessions open", OPENED, {}),
        ("'/a b/pr-sessions' open --json", f"pushing topic to origin\n{OPENED_JSON}", opened(how="pr-sessions open")),
        ("pr-sessions open --json", OPENED_JSON, opened(how="pr-sessions open")),
        ("pr-sessions open --json", OPENED_JSON.replace("false", "true"), {}),
        ("pr-sessions open --json", "pushing x\n" + OPENED_JSON.replace("false", "true"), {}),
        ("pr-sessions open", OPENED.replace("Opened pull request 42", "Pull request 42 was open already:"), {}),
        ("pr-sessions open --dry-run", OPENED, {}),
        ("pr-sessions explain 42", OPENED, {}),
        ("echo pr-sessions open", OPENED, {}),
        ("gh pr create --fill", OPENED, {}),
        # A mention is nothing.
        ("echo 'gh pr create'", URL, {}),
        ('echo "gh pr create --fill" > notes', URL, {}),
        ("# gh pr create\ncat notes", URL, {}),
        ("cat <<EOF\ngh pr create\nEOF", URL, {}),
        ("grep 'gh pr create' docs.md", URL, {}),
        ("gh pr view 42", URL, {}),
        ("gh pr list # create", URL, {}),
        ("cat notes", URL, {}),
        ("gh pr create --fill", "see " + URL, {}),
        # It was not created.
        ("gh pr create --fill", f'a pull request for branch "x" into branch "main" already exists:\n{URL}\n', {}),
        ("gh pr create --dry-run", URL, {}),
        ("gh pr create --web", URL, {}),
        ("gh pr create --help", URL, {}),
        ("gh pr create --fill || gh pr view --json url -q .url", URL, {}),
        ("gh pr create --fill; gh pr view -q .url", URL, {}),
        (f"gh pr create --fill; echo {URL}", URL, {}),
        ("gh pr create --fill; cat others", f"{URL}\n{OTHER}\n", {}),
        ("gh pr create --fill", "", {}),
        ("gh pr create --fill", "https://github.com/octo/demo/issues/42", {}),
        ("gh issue create --title 'pr'", URL, {}),
        # Pushed.
        ("git push", PUSHED, CONTRIBUTED),
        ("git -C app push -u origin HEAD", " * [new branch]      HEAD -> topic\n", CONTRIBUTED),
        ("git push -f", " + 1a2b...3c4d topic -> topic (forced update)", CONTRIBUTED),
        ("git push", " ! [rejected]        topic -> topic (non-fast-forward)\nerror: failed to push", {}),
        ("git push", "Everything up-to-date", {}),
        ("git push --delete origin topic", " - [deleted]         topic", {}),
        ("git push --dry-run", PUSHED, {}),
        ("echo git push", PUSHED, {}),
        ("git push --all", PUSHED + "   1..2  other -> other\n", {}),
    ],
)  # fmt: skip
def test_a_shell_proves_what_it_really_called(command: str, output: str, shown: dict[str, str]) -> None:
    assert evidence.of_tool("Bash", {"command": command}, output) == shown


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"command": ["gh", "pr", "create", "--fill"]}, opened()),
        ({"command": ["bash", "-lc", "gh pr create --fill"]}, opened()),
        ({"cmd": "gh pr create"}, opened()),
        ('{"command": "gh pr create"}', opened()),
        ("gh pr create", opened()),
        ({"command": ["echo", "gh pr create"]}, {}),
        ({"command": [5]}, {}),
        (None, {}),
        ({"command": "gh pr create " + "x" * 70_000}, {}),
    ],
)
def test_a_command_comes_in_many_shapes(told: object, shown: dict[str, str]) -> None:
    assert evidence.of_tool("shell", told, URL) == shown


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        ({"stdout": URL, "stderr": "", "interrupted": False}, opened()),
        ({"stdout": URL, "stderr": "", "interrupted": True}, {}),
        ({"output": URL, "metadata": {"exit_code": 0}}, opened()),
        ({"output": URL, "metadata": {"exit_code": 1}}, {}),
        (json.dumps({"output": URL, "exitCode": 2}), {}),
        (f"Exit code: 0\nOutput:\n{URL}", opened()),
        (f"Exit code: 1\nOutput:\n{URL}", {}),
        ({"llmContent": f"Output: {URL}\nExit Code: 0", "returnDisplay": URL}, opened()),
        ({"llmContent": f"Output: {URL}\nExit Code: 128", "returnDisplay": URL}, {}),
        ({"llmContent": URL, "error": {"message": "x"}}, {}),
        ({"resultType": "success", "textResultForLlm": f"{URL}\n<exited with exit code 0>"}, opened()),
        ({"resultType": "denied", "textResultForLlm": URL}, {}),
        ([{"type": "text", "text": URL}], opened()),
        ({"content": [{"type": "text", "text": URL}], "isError": True}, {}),
        (None, {}),
        (5, {}),
    ],
)
def test_only_a_success_proves_anything(result: object, shown: dict[str, str]) -> None:
    assert evidence.of_tool("bash", {"command": "gh pr create"}, result) == shown


@pytest.mark.parametrize(
    ("name", "result", "url"),
    [
        ("mcp__github__create_pull_request", [{"type": "text", "text": json.dumps({"url": URL, "body": OTHER})}], URL),
        ("create_pull_request", json.dumps({"content": [{"text": json.dumps({"html_url": URL})}]}), URL),
        ("github-mcp-server-create_pull_request", {"url": "https://api.github.com/x", "html_url": URL}, URL),
        ("create_merge_request", {"web_url": MERGE}, MERGE),
        ("create_pull_request", f"Opened {URL}.", URL),
        ("create_pull_request", f"Opened {URL}, like {OTHER}.", ""),
        ("create_pull_request", {"isError": True, "content": [{"text": URL}]}, ""),
        ("create_pull_request_review", {"html_url": URL}, ""),
        ("get_pull_request", {"html_url": URL}, ""),
        ("create_pull_request", {"body": URL}, ""),
    ],
)
def test_a_tool_that_creates_pull_requests_proves_it_by_its_result(name: str, result: object, url: str) -> None:
    how = "create_merge_request" if "merge" in name else "create_pull_request"
    assert evidence.of_tool(name, {"title": "x"}, result) == (opened(url, how) if url else {})


def test_a_deep_result_is_nothing() -> None:
    deep: object = URL
    for _ in range(500):
        deep = {"content": deep}
    assert evidence.of_tool("create_pull_request", {}, deep) == {}
    assert evidence.of_tool("bash", {"command": "gh pr create"}, deep) == {}
