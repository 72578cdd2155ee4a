"""Runs workflows as GitHub does, as far as ours need it: whatever it does not know fails the test.

Jobs in the order of their `needs`, reusable workflows, composite actions, expressions, outputs, the token that a job's
permissions allow. Scripts are run by the real bash, in an environment with nothing of this machine's own.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from expressions import Value, equal, filled, names_in, written
from granted import GrantingGitHub, Permissions
from msgspec import Struct, field

BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
CHECKOUT = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8"
STATUS_FUNCTIONS = {"success", "failure", "always", "cancelled"}
READING = {"write": "read"}


class Job(Struct):
    """What a job came to.

    Attributes:
        result: success, failure or skipped.
        log: what its scripts printed.
        summary: what they showed on the page of the run.
        permissions: what its token could do.
    """

    result: str
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""
    permissions: Permissions = field(default_factory=dict)


class Event(Struct, frozen=True, kw_only=True):
    """What workflows are started by.

    Attributes:
        reads_only: whether its tokens may write nothing, as with a fork's pull request.
    """

    name: str
    payload: Mapping[str, Any]
    sha: str
    ref: str = "refs/heads/main"
    reads_only: bool = False


class Runner:
    """One machine, one repository, one event.

    Attributes:
        files: of the default branch, by path.
        installed: outputs of the step that installs, where that was done before; else it is done.
        environment: what every script has beside what GitHub gives it.
    """

    def __init__(
        self, github: GrantingGitHub, files: Mapping[str, bytes], folder: Path, temp: Path, event: Event
    ) -> None:
        self.github, self.files, self.folder, self.temp, self.event = github, files, folder, temp, event
        self.installed: Mapping[str, str] | None = None
        self.environment: dict[str, str] = {}
        self.ran: list[str] = []
        folder.mkdir(parents=True)
        (folder / "event.json").write_text(json.dumps(event.payload), "utf-8")

    def run(self, name: str) -> dict[str, Job]:
        """Every job of a workflow that the event starts, by its id; those inside a called workflow as `caller/job`."""
        workflow = self._workflow(name)
        # YAML 1.1 takes the word `on` for a truth value.
        assert self.event.name in workflow[True], f"{name} is not started by {self.event.name}"
        return self._jobs(workflow, None)

    def _workflow(self, name: str) -> dict[Any, Any]:
        loaded: dict[Any, Any] = yaml.safe_load(self.files[name])
        return loaded

    def _jobs(self, workflow: Mapping[Any, Any], granted: Permissions | None) -> dict[str, Job]:
        done: dict[str, Job] = {}
        for name, spec in workflow["jobs"].items():
            wanted = (
                spec["needs"] if isinstance(spec.get("needs"), list) else [spec["needs"]] if "needs" in spec else []
            )
            needs = {need: done[need] for need in wanted}
            permissions = self._permitted(spec.get("permissions", workflow["permissions"]), granted)
            if not self._wanted(
                spec.get("if"), self._contexts(needs=needs), failed=any(n.result != "success" for n in needs.values())
            ):
                done[name] = Job("skipped")
            elif "uses" in spec:
                done |= self._called(name, spec, permissions)
            else:
                done[name] = self._job(spec, permissions, needs)
        return done

    def _permitted(self, asked: Permissions, granted: Permissions | None) -> Permissions:
        """A called workflow cannot get more than its caller has: GitHub refuses the whole run."""
        for scope, level in asked.items():
            allowed = granted is None or granted.get(scope) in (level, "write")
            assert allowed, f"{scope}: {level} is more than the caller grants"
        return asked

    def _called(self, name: str, spec: Mapping[str, Any], permissions: Permissions) -> dict[str, Job]:
        assert spec["uses"].startswith("./.github/workflows/"), spec["uses"]
        workflow = self._workflow(spec["uses"].removeprefix("./"))
        call = (workflow[True] or {})["workflow_call"] or {}
        inside = self._jobs(workflow, permissions)
        contexts = {"jobs": {job: {"outputs": told.outputs} for job, told in inside.items()}}
        outputs = {key: written(filled(out["value"], contexts, {})) for key, out in call.get("outputs", {}).items()}
        result = "failure" if any(job.result == "failure" for job in inside.values()) else "success"
        return {name: Job(result, outputs), **{f"{name}/{job}": told for job, told in inside.items()}}

    def _job(self, spec: Mapping[str, Any], permissions: Permissions, needs: Mapping[str, Job]) -> Job:
        assert spec["runs-on"] == "ubuntu-latest"
        assert spec["timeout-minutes"] > 0
        can = (
            {scope: READING.get(level, level) for scope, level in permissions.items()}
            if self.event.reads_only
            else permissions
        )
        job = Job("success", permissions=can)
        running = _Running(self, job, self.github.token(can), self._contexts(needs=needs))
        # That they can be worked out is all that matters here.
        for value in spec.get("concurrency", {}).values():
            filled(str(value), running.contexts, running.functions)
        for step in spec["steps"]:
            running.step(step)
        job.outputs = {name: written(running.filled(value)) for name, value in spec.get("outputs", {}).items()}
        return job

    def _contexts(self, needs: Mapping[str, Job]) -> dict[str, Value]:
        github = {
            "event": self.event.payload,
            "event_name": self.event.name,
            "sha": self.event.sha,
            "run_id": 4711,
            "workflow": "CI",
            "repository": self.github.repository,
        }
        told = {name: {"result": job.result, "outputs": job.outputs} for name, job in needs.items()}
        return {"github": github, "needs": told}

    def _wanted(self, condition: str | None, contexts: Mapping[str, Value], *, failed: bool) -> bool:
        if condition is None:
            return not failed
        functions = {"always": lambda: True, "cancelled": lambda: False, "contains": _contains, "fromJSON": json.loads}
        holds = bool(filled(condition, contexts, functions))
        return holds and (not failed or bool(names_in(condition) & STATUS_FUNCTIONS))


class _Running:
    """One job that runs."""

    def __init__(self, runner: Runner, job: Job, token: str, contexts: dict[str, Value]) -> None:
        self._runner, self._job, self._token = runner, job, token
        number = len(runner.github.granted)
        self._workspace = runner.folder / f"workspace-{number}"
        self._workspace.mkdir()
        self._files = {n: runner.folder / f"{n}-{number}" for n in ("output", "summary", "env", "path")}
        self.contexts = {**contexts, "steps": {}}
        self.contexts["github"] = {**contexts["github"], "token": token}
        self.functions = {"hashFiles": self._hash, "contains": _contains, "cancelled": lambda: False}

    def filled(self, value: Value) -> Value:
        return filled(value, self.contexts, self.functions) if isinstance(value, str) else value

    def step(self, step: Mapping[str, Any]) -> None:
        failed = self._job.result == "failure"
        if not self._runner._wanted(None, {}, failed=failed) or not self.filled(step.get("if", "${{ true }}")):
            return
        told = {name: self.filled(value) for name, value in step.get("with", {}).items()}
        if step.get("uses", "").startswith("actions/checkout@"):
            self._checkout(step["uses"], told)
        elif "uses" in step:
            self._action(step, told)
        else:
            self._script(step, {}, None)

    def _checkout(self, action: str, told: Mapping[str, Any]) -> None:
        """Only what our workflows ask for, and only from the default branch."""
        assert action == CHECKOUT
        folder = told["sparse-checkout"]
        assert told in [
            {"ref": ref, "sparse-checkout": folder, "sparse-checkout-cone-mode": False, "persist-credentials": False}
            for ref in ("main", None)
        ]
        for name, data in self._runner.files.items():
            if name.startswith(f"{folder}/"):
                (self._workspace / name).parent.mkdir(parents=True, exist_ok=True)
                (self._workspace / name).write_bytes(data)

    def _action(self, step: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        assert step["uses"].startswith("./"), f"{step['uses']} is not known"
        folder = self._workspace / step["uses"]
        action = yaml.safe_load((folder / "action.yml").read_text("utf-8"))
        assert action["runs"]["using"] == "composite"
        inputs = {n: told[n] if n in told else self.filled(spec["default"]) for n, spec in action["inputs"].items()}
        assert told.keys() <= inputs.keys()
        inside: dict[str, Value] = {}
        outer = self.contexts
        self.contexts = {**outer, "inputs": inputs, "steps": inside}
        for each in action["runs"]["steps"]:
            if self._job.result == "success":
                self._script(each, inside, folder)
        outputs = {name: written(self.filled(out["value"])) for name, out in action["outputs"].items()}
        self.contexts = outer
        if "id" in step:
            outer["steps"][step["id"]] = {"outputs": outputs}

    def _script(self, step: Mapping[str, Any], steps: dict[str, Value], folder: Path | None) -> None:
        name = step.get("id") or step["name"]
        if name == "install" and self._runner.installed is not None:
            steps[name] = {"outputs": dict(self._runner.installed)}
            return
        assert "${{" not in step["run"]
        own = {key: written(self.filled(value)) for key, value in step.get("env", {}).items()}
        for file in self._files.values():
            file.write_bytes(b"")
        environment = {**self._environment(folder), **own}
        self._runner.ran.append(name)
        script = self._runner.folder / "script.sh"
        script.write_text(step["run"], "utf-8")
        done = subprocess.run(
            [*BASH, script],
            cwd=self._workspace,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        self._job.log += done.stdout + done.stderr
        self._job.summary += self._files["summary"].read_text("utf-8")
        self._job.result = "failure" if done.returncode else self._job.result
        steps[name] = {"outputs": outputs_in(self._files["output"].read_text("utf-8"))}
        assert self._token not in done.stdout + done.stderr
        assert self._files["env"].read_bytes() + self._files["path"].read_bytes() == b""

    def _environment(self, folder: Path | None) -> dict[str, str]:
        event, github = self._runner.event, self._runner.github
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(self._runner.folder),
            "CI": "true",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self._runner.temp),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(folder or ""),
            "GITHUB_API_URL": github.url,
            "GITHUB_ENV": str(self._files["env"]),
            "GITHUB_EVENT_NAME": event.name,
            "GITHUB_EVENT_PATH": str(self._runner.folder / "event.json"),
            "GITHUB_OUTPUT": str(self._files["output"]),
            "GITHUB_PATH": str(self._files["path"]),
            "GITHUB_REF": event.ref,
            "GITHUB_REPOSITORY": github.repository,
            "GITHUB_SHA": event.sha,
            "GITHUB_STEP_SUMMARY": str(self._files["summary"]),
            "GITHUB_WORKSPACE": str(self._workspace),
            **self._runner.environment,
        }

    def _hash(self, path: str) -> str:
        return "a-hash" if (self._workspace / path).is_file() else ""


def outputs_in(text: str) -> dict[str, str]:
    """The outputs of a step: `name=value` lines, and values between two delimiters."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        if match := re.fullmatch(r"(\w+)<<(\S+)", line):
            value = []
            while (part := next(lines)) != match[2]:
                value.append(part)
            found[match[1]] = "\n".join(value)
        else:
            name, sign, value_of_line = line.partition("=")
            assert sign, f"no output: {line!r}"
            found[name] = value_of_line
    return found


def _contains(searched: Value, wanted: Value) -> bool:
    """Whether a text holds a part, or an array an element: GitHub compares without regard to case."""
    if isinstance(searched, list):
        return any(equal(one, wanted) for one in searched)
    return str(wanted).casefold() in (searched or "").casefold()


def without_network(wheels: Path) -> dict[str, str]:
    """What makes pip take wheels from a folder alone, whatever this machine's own configuration says.

    It compiles nothing beforehand: most of it is never run here.
    """
    return {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_COMPILE": "1",
    }
