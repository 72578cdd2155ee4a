"""What a tool's result proves: pull requests were opened, a branch was pushed, it may have been, or nothing."""

import json
from collections.abc import Callable

import pytest

from pr_sessions.hooks import evidence

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


def proved(name: object, arguments: object, result: object) -> list[dict[str, str]]:
    """What is kept of it."""
    proofs = evidence.of_tool(name, arguments, result)
    return [{key: value for key, value in proof.items() if value} for proof in proofs]


def only(shown: dict[str, str]) -> list[dict[str, str]]:
    return [shown] if shown else []


def possible(url: str = "", how: str = "gh pr create", **more: str) -> dict[str, str]:
    return {"event": "possible", **({"url": url} if url else {}), "how": how, **more}


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
        # A mention is nothing.
        ("echo 'gh pr create'", URL, {}),
        ('echo "gh pr create --fill" > notes', URL, {}),
        ("# gh pr create\ncat notes", URL, {}),
        ("cat <<EOF\ngh pr create\nEOF", URL, {}),
        ("grep 'gh pr create' docs.md", URL, {}),
        ("gh pr view 42", URL, {}),
        ("gh pr list # create", URL, {}),
        ("cat notes", URL, {}),
        # It was not created.
        ("gh pr create --fill", f'a pull request for branch "x" into branch "main" already exists:\n{URL}\n', {}),
        ("gh pr create --dry-run", URL, {}),
        ("gh pr create --web", URL, {}),
        ("gh pr create --help", URL, {}),
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
    assert proved("Bash", {"command": command}, output) == only(shown)


EXISTS = 'a pull request for branch "x" into branch "main" already exists:'
A, B, C = (f"https://github.com/octo/demo/pull/{n}" for n in (1, 2, 3))


def whole(output: str) -> dict[str, object]:
    """A result of a command that is known to have succeeded."""
    return {"stdout": output, "stderr": "", "interrupted": False}


@pytest.mark.parametrize(
    ("command", "output", "urls"),
    [
        ("gh pr create -H a --fill && gh pr create -H b --fill", f"{A}\n{B}", [A, B]),
        ("gh pr create -H a --fill; gh pr create -H b --fill", f"{A}\n{B}", [A, B]),
        ("for b in a b c; do gh pr create --head $b --fill; done", f"{A}\n{B}\n{C}", [A, B, C]),
        ("for b in a b; do\n  git switch $b\n  gh pr create --fill\ndone", f"Switched\n{A}\nSwitched\n{B}", [A, B]),
        ("git branch --list 'x/*' | while read b; do gh pr create -H $b --fill; done", f"{A}\n{B}", [A, B]),
        ("printf 'a\\nb\\n' | xargs -I{} gh pr create --head {} --fill", f"{A}\n{B}", [A, B]),
        ("bash -c 'for b in a b; do gh pr create -H $b; done'", f"{A}\n{B}", [A, B]),
        ("(cd a && gh pr create --fill) && (cd b && gh pr create --fill)", f"{A}\n{B}", [A, B]),
        ("gh pr create -H a & gh pr create -H b & wait", f"{A}\n{B}", [A, B]),
        ("gh pr create --fill; glab mr create --fill", f"{A}\n{MERGE}", [A, MERGE]),
        # What exists already is another one, or no pull request at all.
        ("gh pr create -H a; gh pr create -H b", f"{EXISTS}\n{A}\n{B}", [B]),
        ("git checkout -b x; gh pr create --fill", f"fatal: a branch named 'x' already exists\n{A}", [A]),
        ("gh label create x; gh pr create --fill", f'label with name "x" already exists; use --force\n{A}', [A]),
        # Behind programs that run it.
        ("env -u GITHUB_TOKEN gh pr create --fill", A, [A]),
        ("timeout 60 gh pr create --fill", A, [A]),
        ("mise exec -- gh pr create --fill", A, [A]),
        ("op run --env-file=.env -- gh pr create --fill", A, [A]),
        ("sudo -u ann nice -n 5 gh pr create --fill", A, [A]),
        # Its output goes through what adds nothing.
        ("gh pr create --fill | tee url", A, [A]),
        ("gh pr create --fill 2>&1 | tail -5", A, [A]),
        ("gh pr create --fill 2>/dev/null | tail -1", A, [A]),
        ("gh pr create --fill | grep -o 'https://.*'", A, [A]),
        ("git push 2>&1 | tail -1 && gh pr create --fill 2>&1", A, [A]),
        ("cat body.md | gh pr create --title x --body-file -", A, [A]),
        ("echo $(gh pr create --fill)", A, [A]),
        ('u="$(gh pr create --fill)"; echo "${u}"', A, [A]),
        ("gh pr create --fill || true", A, [A]),
        ("gh pr create --fill || echo failed", A, [A]),
        ('gh pr create --fill; echo "exit $?"', f"{A}\nexit 0", [A]),
        ('for b in a b; do echo "== $b"; gh pr create -H $b; done', f"== a\n{A}\n== b\n{B}", [A, B]),
        ('n=5; echo "try $n in $PWD"; gh pr create --fill', f"try 5\n{A}", [A]),
        # It ran, so it printed its own; and it ran before the others, or after them.
        ("gh pr create --fill && gh pr comment 9 --body x", f"{A}\n{B}", [A]),
        ("set -e\ngh pr create --fill\ncat notes", f"{A}\n{B}", [A]),
    ],
)  # fmt: skip
def test_every_creation_of_a_command_is_proved(command: str, output: str, urls: list[str]) -> None:
    proofs = evidence.of_tool("Bash", {"command": command}, output)
    assert [(proof["event"], proof.get("url")) for proof in proofs] == [("opened", url) for url in urls]


@pytest.mark.parametrize(
    ("command", "output", "urls"),
    [
        ("npm test && git push && gh pr create --fill", f"ok\n{A}", [A]),
        ("cat notes; gh pr create --fill", f"{B}\n{A}", [A]),
        ("cat notes && gh pr create -H a && gh pr create -H b", f"{C}\n{A}\n{B}", [A, B]),
        ("gh pr create -H a && gh pr view --json url -q .url && gh pr create -H b", f"{A}\n{B}", [A, B]),
    ],
)
def test_a_command_that_succeeded_to_its_end_proves_its_last_creations(
    command: str, output: str, urls: list[str]
) -> None:
    proofs = evidence.of_tool("Bash", {"command": command}, whole(output))
    assert [(proof["event"], proof.get("url")) for proof in proofs] == [("opened", url) for url in urls]
    proofs = evidence.of_tool("Bash", {"command": command}, output)
    assert {proof["event"] for proof in proofs} == {"possible"}


@pytest.mark.parametrize(
    ("command", "output", "shown"),
    [
        ("gh pr create 2>/dev/null || gh pr edit 9 --add-label x", A, {"event": "contributed", "how": "gh pr edit"}),
        ("gh pr create --fill; gh pr comment 9 --body x", A, {"event": "contributed", "how": "gh pr comment"}),
        ("gh pr create --fill || gh pr reopen 9", A, {"event": "contributed", "how": "gh pr reopen"}),
        ("glab mr create --fill || glab mr update 9 -l x", MERGE, {"event": "contributed", "how": "glab mr update"}),
        ("gh pr create --fill || gh pr view --json url -q .url", A, {}),
        ("gh pr create --fill; gh pr view -q .url", A, {}),
        ("gh pr create --fill || gh pr list --json url -q '.[].url'", A, {}),
        ("gh pr create --fill; cat notes", A, {}),
        ("cat notes; gh pr create --fill || true", A, {}),
        ("gh pr create --fill &>/dev/null; cat notes", A, {}),
        ("gh pr create --fill 2>&1 | tail -1", A, {}),
        ("gh pr create --fill 2>&1 | grep https", A, {}),
        ("gh pr create --fill |& tail -n1", A, {}),
        ("u=$(cat notes); gh pr create --fill >/dev/null; echo $u", A, {}),
        ("u=$(gh pr create --fill || cat notes); echo $u", A, {}),
        ("for u in $(cat notes); do gh pr create --fill; echo $u; done", A, {}),
        ("u=$OLD; gh pr create --fill; echo $u", A, {}),
        ("gh pr create --fill; echo $1", A, {}),
        ("cat notes; if false; then gh pr create; fi", A, {}),
        ("if true; then cat notes; else gh pr create; fi", A, {}),
        ("false && gh pr create --fill || cat notes", A, {}),
        ("for x in 1; do gh pr create --fill; cat notes; done", A, {}),
        ("gh pr create --fill; curl -s https://example.com", A, {}),
        ("gh pr create --fill; cat notes | head -1", A, {}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("wrap", [whole, str])
def test_an_address_that_something_else_may_have_printed_proves_no_creation(
    command: str, output: str, shown: dict[str, str], wrap: Callable[[str], object]
) -> None:
    how = "glab mr create" if "glab" in command else "gh pr create"
    assert proved("Bash", {"command": command}, wrap(output)) == [{**(shown or possible(how=how)), "url": output}]


@pytest.mark.parametrize(
    ("command", "output", "shown"),
    [
        ("gh pr create --fill", "", possible()),
        ("gh pr create --fill", f"see {URL}", possible()),
        ("gh pr create --fill", f"{URL}#issuecomment-1", possible()),
        ("gh pr create --fill", OPENED, possible()),
        ("gh pr create --fill", "https://github.com/octo/demo/issues/42", possible()),
        ("gh pr create -H topic --fill > url", "", possible(branch="topic")),
        ("for b in a b; do gh pr create -H $b --fill; done > urls", "", possible(branch="-")),
        (f"gh pr create --fill; echo {URL}", URL, possible()),
        ("gh pr create --fill", f"{EXISTS}\n{URL}", {}),
    ],
)
def test_a_creation_whose_output_is_not_seen_is_possible(command: str, output: str, shown: dict[str, str]) -> None:
    assert proved("Bash", {"command": command}, output) == only(shown)


@pytest.mark.parametrize(
    ("command", "output", "branches"),
    [
        ("gh pr create --fill", A, [""]),
        ("gh pr create -H a --fill; gh pr create -H b --fill", f"{A}\n{B}", ["a", "b"]),
        ("gh pr create --fill; gh pr create -H b --fill", f"{A}\n{B}", ["-", "b"]),
        ("gh pr create -H a; gh pr create -H b", f"{EXISTS}\n{A}\n{B}", ["-"]),
        ("for b in a b; do gh pr create -H $b; done", f"{A}\n{B}", ["-", "-"]),
        ('gh pr create -H "$(git branch --show-current)"', A, ["-"]),
    ],
)
def test_a_branch_is_named_only_where_it_is_known(command: str, output: str, branches: list[str]) -> None:
    proofs = evidence.of_tool("Bash", {"command": command}, output)
    assert [proof["branch"] for proof in proofs] == branches


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({"action": "create_pr", "title": "x"}, opened(how="ManagePullRequest")),
        ('{"action": "create_pr"}', opened(how="ManagePullRequest")),
        ({"action": "update_pr"}, {}),
        ({"action": "post_comment"}, {}),
        ({}, {}),
        (None, {}),
    ],
)
def test_cursors_own_tool_proves_only_what_it_creates(arguments: object, shown: dict[str, str]) -> None:
    assert proved("ManagePullRequest", arguments, json.dumps({"url": URL})) == only(shown)


def test_a_list_of_pull_requests_is_no_list_of_candidates() -> None:
    output = "\n".join(f"https://github.com/octo/demo/pull/{n}" for n in range(1, 9))
    assert proved("Bash", {"command": "gh pr create --fill; gh pr list"}, output) == [possible()]


def test_a_command_with_thousands_of_addresses_is_bounded() -> None:
    output = "\n".join(f"https://github.com/octo/demo/pull/{n}" for n in range(1, 3000))
    assert len(evidence.of_tool("Bash", {"command": "for b in x; do gh pr create -H $b; done"}, output)) == 50


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
    assert proved("shell", told, URL) == only(shown)


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
        (None, possible()),
        (5, {}),
    ],
)
def test_only_a_success_proves_anything(result: object, shown: dict[str, str]) -> None:
    assert proved("bash", {"command": "gh pr create"}, result) == only(shown)


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
    assert proved(name, {"title": "x"}, result) == ([opened(url, how)] if url else [])


def test_a_deep_result_is_nothing() -> None:
    deep: object = URL
    for _ in range(500):
        deep = {"content": deep}
    assert proved("create_pull_request", {}, deep) == []
    assert proved("bash", {"command": "gh pr create"}, deep) == []
