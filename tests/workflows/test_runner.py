"""The runner of these tests refuses what GitHub would refuse, and whatever it does not know."""

from pathlib import Path

import pytest
from granted import GrantingGitHub
from runner import Event, Runner, outputs_in

EVENT = Event(name="pull_request", payload={}, sha="0" * 40)
CALLED = """\
on: {workflow_call: }
permissions: {}
jobs:
  inside:
    runs-on: ubuntu-latest
    timeout-minutes: 1
    permissions: {contents: read}
    steps: [{id: one, run: echo hello}]
"""


def jobs_of(github: GrantingGitHub, folder: Path, jobs: str) -> Runner:
    files = {"w.yml": f"on: pull_request\npermissions: {{}}\njobs:\n{jobs}", ".github/workflows/called.yml": CALLED}
    return Runner(github, {name: text.encode() for name, text in files.items()}, folder / "run", folder, EVENT)


def job(step: str) -> str:
    can = "permissions: {contents: read}"
    return f"  a: {{runs-on: ubuntu-latest, timeout-minutes: 1, {can}, steps: [{{id: one, {step}}}]}}\n"


def test_a_called_workflow_gets_no_more_than_its_caller_has(github: GrantingGitHub, tmp_path: Path) -> None:
    call = "  a: {uses: ./.github/workflows/called.yml}\n"
    with pytest.raises(AssertionError, match="contents: read is more than the caller grants"):
        jobs_of(github, tmp_path, call).run("w.yml")


def test_a_called_workflow_runs_with_what_it_was_granted(github: GrantingGitHub, tmp_path: Path) -> None:
    call = "  a: {permissions: {contents: write}, uses: ./.github/workflows/called.yml}\n"
    done = jobs_of(github, tmp_path, call).run("w.yml")
    assert {name: (told.result, told.permissions) for name, told in done.items()} == {
        "a": ("success", {}),
        "a/inside": ("success", {"contents": "read"}),
    }


@pytest.mark.parametrize(
    "step",
    [
        'run: "echo ${{ github.event.title }}"',
        "uses: actions/cache@v4",
        "uses: actions/checkout@v5",
        'run: "echo FOO=bar >> $GITHUB_ENV"',
        'run: "echo $TOKEN", env: {TOKEN: "${{ github.token }}"}',
        'run: "true", if: "${{ always() }}"',
    ],
)
def test_what_is_careless_or_unknown_fails_the_test(github: GrantingGitHub, tmp_path: Path, step: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        jobs_of(github, tmp_path, job(step)).run("w.yml")


@pytest.mark.parametrize(("condition", "result"), [("", "skipped"), ('if: "${{ !cancelled() }}", ', "success")])
def test_what_needs_a_job_that_failed_runs_only_if_it_says_so(
    github: GrantingGitHub, tmp_path: Path, condition: str, result: str
) -> None:
    after = job('run: "true"').replace("  a: {", f"  b: {{needs: a, {condition}")
    done = jobs_of(github, tmp_path, job('run: "false"') + after).run("w.yml")
    assert (done["a"].result, done["b"].result) == ("failure", result)


def test_a_script_finds_nothing_of_this_machine(
    github: GrantingGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GH_TOKEN", "mine")
    done = jobs_of(github, tmp_path, job('run: "env | grep -c TOKEN || true"')).run("w.yml")
    assert done["a"].log == "0\n"


def test_outputs_are_read_as_the_runner_reads_them() -> None:
    assert outputs_in("a=1=2\nb<<END\nx\ny=z\nEND\nc=\n") == {"a": "1=2", "b": "x\ny=z", "c": ""}
