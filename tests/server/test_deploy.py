"""What deploys the server names only what exists: options, variables, secrets, pinned packages."""

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

from pr_sessions.cli.commands.serve_command import serve_command

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")
SERVER = COMPOSE["services"]["server"]


def options_of(words: str) -> set[str]:
    return set(re.findall(r"--[a-z][a-z-]+(?=[\" ])", words))


def test_the_container_starts_serve_with_options_that_it_has() -> None:
    known = {name for parameter in serve_command.params for name in parameter.opts}
    entry = next(line for line in CONTAINERFILE.splitlines() if line.startswith("ENTRYPOINT"))
    assert '"pr-sessions", "serve"' in entry
    assert options_of(entry) | options_of(" ".join(f'{word}"' for word in SERVER["command"])) <= known


def test_compose_sets_only_variables_that_the_server_reads() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "src/pr_sessions").rglob("*.py"))
    read = set(re.findall(r"PR_SESSIONS_[A-Z_]+[A-Z]", sources))
    names = {name if name in read else name.removesuffix("_FILE") for name in SERVER["environment"]}
    assert names - read == set()


def test_every_secret_is_declared_and_used_and_stays_out_of_git_and_the_image() -> None:
    used = {name for service in COMPOSE["services"].values() for name in service.get("secrets", ())}
    files = {secret["file"] for secret in COMPOSE["secrets"].values()}
    assert used == set(COMPOSE["secrets"])
    assert all(file.startswith("secrets/") for file in files)
    ignored = [(ROOT / name).read_text("utf-8").splitlines() for name in (".gitignore", ".dockerignore")]
    assert ["deploy/secrets/" in ignored[0], "deploy/secrets" in ignored[1]] == [True, True]


def test_every_path_of_a_secret_belongs_to_a_declared_one() -> None:
    paths = re.findall(r"/run/secrets/(\w+)", (DEPLOY / "compose.yaml").read_text("utf-8"))
    assert set(paths) == set(COMPOSE["secrets"])


def test_the_container_installs_every_package_of_the_extra_by_its_hash() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["server"], *extras["github"]]
    names = {re.split(r"[\[>=<;]", line)[0] for line in wanted} - {"pr-sessions"}
    pins = re.findall(r"^([a-z0-9-]+)==\S+", (DEPLOY / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    assert names - set(pins) == set()


def test_the_guide_to_the_first_start_names_what_compose_takes() -> None:
    guide = (ROOT / "docs/guides/server.md").read_text("utf-8")
    section = guide.partition("## In a container")[2].partition("\n## ")[0]
    compose = (DEPLOY / "compose.yaml").read_text("utf-8")
    files = {secret["file"].removeprefix("secrets/") for secret in COMPOSE["secrets"].values()}
    rows = [line.split("|")[1] for line in section.splitlines() if line.lstrip().startswith("| `")]
    assert {name for row in rows for name in re.findall("`([^`]+)`", row)} == files
    variables = set(re.findall(r"^ *(?:export )?([A-Z_]+)=", section, re.MULTILINE))
    assert variables == set(re.findall(r"\$\{([A-Z_]+)", compose))
