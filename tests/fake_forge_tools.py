"""A forge for tests: `gh` and `glab` as programs that keep pull requests in a file, and a remote that git can push to.

They speak the documented interface of gh 2.x and glab 1.x as far as we use it, and refuse every other flag as those do.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAM = """#!{python} -I
import json, os, sys
from pathlib import Path
from urllib.parse import parse_qs, unquote

HERE = Path(__file__).parent
STATE = HERE / "forge.json"
TOOL = Path(__file__).name
state = json.loads(STATE.read_text())


def end(status, out="", err=""):
    STATE.write_text(json.dumps(state))
    sys.stdout.write(out)
    sys.stderr.write(err)
    sys.exit(status)


def options(words, takes, flags=()):
    told, rest, words = {{}}, [], list(words)
    while words:
        word = words.pop(0)
        if word in takes:
            told.setdefault(word, []).append(words.pop(0))
        elif word in flags:
            told[word] = [True]
        elif word.startswith("-"):
            end(1, "", "unknown flag: " + word + "\\n")
        else:
            rest.append(word)
    return told, rest


words = sys.argv[1:]
reads = "-" in words
text = sys.stdin.read() if reads else ""
state["calls"].append({{"tool": TOOL, "words": words, "text": text, "cwd": os.getcwd(),
                       "token": os.environ.get("GH_TOKEN"), "tty": os.environ.get("GH_FORCE_TTY")}})
name = " ".join(words[:2]) if TOOL == "gh" and words[0] != "api" else words[0]
if words[0] == "api":
    name = "api write" if "--method" in words else "api read"
if name in state["fails"]:
    end(*state["fails"][name])
if name in state["hangs"]:
    STATE.write_text(json.dumps(state))
    import time
    time.sleep(600)
prs = state["prs"]


def listed(pr, fields):
    owner = pr["owner"]
    every = {{"number": pr["number"], "url": pr["url"], "title": pr["title"], "body": pr["body"],
             "baseRefName": pr["base"], "author": {{"login": pr["author"]}}, "isDraft": pr["draft"],
             "headRepositoryOwner": {{"login": owner}}, "headRefName": pr["branch"], "createdAt": pr.get("created")}}
    return {{field: every[field] for field in fields.split(",")}}


def created(host, path, branch, base, title, body, draft, kind):
    number = state["next"]
    state["next"] += 1
    owner, _, branch = branch.rpartition(":")
    pr = {{"number": number, "url": f"https://{{host}}/{{path}}/{{kind}}/{{number}}", "branch": branch, "base": base,
          "title": title, "body": body, "draft": draft, "owner": owner or path.split("/")[0], "author": "octocat",
          "state": "open"}}
    prs.append(pr)
    return pr


if name == "auth status":
    told, _ = options(words[2:], ("--hostname",))
    end(0 if told["--hostname"][0] in state["logins"].get(TOOL, []) else 1)
if words[0] == "auth":
    told, _ = options(words[2:], ("--hostname",))
    end(0 if told["--hostname"][0] in state["logins"].get(TOOL, []) else 1)
if name == "pr list":
    told, _ = options(words[2:], ("--head", "--base", "--state", "--limit", "--json"))
    found = [pr for pr in prs if pr["branch"] == told["--head"][0] and told["--state"][0] in ("all", pr["state"])
             and told.get("--base", [pr["base"]])[0] == pr["base"]]
    end(0, json.dumps([listed(pr, told["--json"][0]) for pr in found]) + "\\n")
if name == "pr create":
    told, _ = options(words[2:], ("--title", "--body-file", "--base", "--head"), ("--draft",))
    head, base = told["--head"][0], told["--base"][0]
    owner, _, branch = (":" + head if ":" not in head else head).rpartition(":")
    same = (owner or state["path"].split("/")[0], branch, base, "open")
    there = next((pr for pr in prs if (pr["owner"], pr["branch"], pr["base"], pr["state"]) == same), None)
    if there:
        end(1, "", f'a pull request for branch "{{head}}" into branch "{{base}}" already exists:\\n{{there["url"]}}\\n')
    pr = created("github.com", state["path"], head, base, told["--title"][0], text, "--draft" in told, "pull")
    end(0, pr["url"] + "\\n", "Warning: 1 uncommitted change\\n")
if words[0] == "api":
    told, rest = options(words[1:], ("--hostname", "--method", "--input", "--header"))
    if rest[0] == "user":
        end(0, json.dumps({{"login": state["user"], "username": state["user"]}}))
    place, _, query = rest[0].partition("?")
    parts = [unquote(part) for part in place.split("/")]
    method, record = told.get("--method", ["GET"])[0], json.loads(text) if text else {{}}
    number = int(parts[-1]) if parts[-1].isdigit() else None
    pr = next((pr for pr in prs if pr["number"] == number), None)
    if number and not pr:
        end(1, '{{"message":"Not Found"}}', TOOL + ": Not Found (HTTP 404)\\n")
    if TOOL == "gh":
        if method == "PATCH":
            pr["body"] = record["body"]
        shown = json.dumps({{"number": number, "html_url": pr["url"], "body": pr["body"] or None,
                            "created_at": pr.get("created"), "head": {{"ref": pr["branch"]}},
                            "user": {{"login": pr["author"]}}}})
        if method == "GET" and state["edits"]:
            pr["body"] = state["edits"].pop(0)
        end(0, shown)
    shown = lambda pr: {{"iid": pr["number"], "web_url": pr["url"], "title": pr["title"], "description": pr["body"],
                        "target_branch": pr["base"], "author": {{"username": pr["author"]}}, "draft": pr["draft"],
                        "created_at": pr.get("created"), "source_branch": pr["branch"]}}
    if method == "POST":
        pr = created(told["--hostname"][0], parts[1] + "/-", record["source_branch"], record["target_branch"],
                     record["title"], record["description"], record["title"].startswith("Draft: "), "merge_requests")
    elif method == "PUT":
        pr["body"] = record["description"]
    elif not number:
        asked = parse_qs(query)
        if asked.get("order_by") == ["created_at"] and asked["state"] == ["all"] and asked["sort"] == ["asc"]:
            after, size, page = (asked.get(key, [""])[0] for key in ("created_after", "per_page", "page"))
            if state["broken_after"] and after > state["broken_after"]:
                end(1, "", TOOL + ": 502 Bad Gateway\\n")
            past = [row for row in state["past"] if not after or row["created_at"] >= after]
            end(0, json.dumps(past[(int(page) - 1) * int(size):int(page) * int(size)]))
        wanted = [pr for pr in prs if pr["branch"] == asked["source_branch"][0]
                  and asked.get("target_branch", [pr["base"]])[0] == pr["base"]]
        end(0, json.dumps([shown(pr) for pr in wanted]))
    end(0, json.dumps(shown(pr)))
end(1, "", f'unknown command "{{name}}" for "{{TOOL}}"\\n')
"""

# Git speaks with the remote by ssh; this ssh runs the other side here.
SSH = """#!/bin/sh
for last; do :; done
cd {remotes} && exec sh -c "$(echo "$last" | sed "s:'/:':")"
"""


class FakeForge:
    """The programs in a folder, the remotes in another one."""

    def __init__(self, folder: Path) -> None:
        self.programs, self.remotes = folder / "programs", folder / "remotes"
        self.programs.mkdir(parents=True)
        self.remotes.mkdir()
        for name in ("gh", "glab"):
            self._program(name, PROGRAM.format(python=sys.executable))
        self._program("git-ssh", SSH.format(remotes=self.remotes))
        empty = {
            "prs": [],
            "calls": [],
            "fails": {},
            "hangs": [],
            "edits": [],
            "logins": {},
            "past": [],
            "broken_after": "",
            "next": 5,
            "user": "octocat",
            "path": "acme/shop",
        }
        self._state.write_text(json.dumps({**empty, "path": "acme/shop"}))

    @property
    def environ(self) -> dict[str, str]:
        """What makes processes use it."""
        return {
            "PATH": os.pathsep.join((str(self.programs), os.environ["PATH"])),
            "GIT_SSH_COMMAND": str(self.programs / "git-ssh"),
            "GIT_SSH_VARIANT": "ssh",
        }

    def remote(self, path: str) -> Path:
        """An empty repository that git reaches as `git@HOST:PATH.git`."""
        bare = self.remotes / f"{path}.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
        return bare

    def set(self, **told: Any) -> None:
        """Changes what the forge knows: `fails`, `hangs`, `logins`, `prs`, `path`, `past`, `broken_after`.

        `edits` are bodies that somebody else writes, one right after each time that `gh` reads one.
        """
        self._state.write_text(json.dumps(self._read() | told))

    @property
    def prs(self) -> list[dict[str, Any]]:
        """Its pull requests."""
        return list(self._read()["prs"])

    def calls(self, word: str) -> list[dict[str, Any]]:
        """How the programs were called with that word."""
        return [call for call in self._read()["calls"] if word in call["words"]]

    @property
    def _state(self) -> Path:
        return self.programs / "forge.json"

    def _read(self) -> dict[str, Any]:
        return dict(json.loads(self._state.read_text()))

    def _program(self, name: str, text: str) -> None:
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)
