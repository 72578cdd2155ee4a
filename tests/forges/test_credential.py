"""Who asks GitHub, where that is found, and that no secret shows."""

import os
import pickle
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app_keys import private_key, public_key
from asking import Ask, Time
from fake_github import GRANTED, FakeGitHub, Fault
from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.github.access import Secret, Token, find_credential, gh_token

PUBLIC = "https://api.github.com"


def no_gh(_host: str) -> str:
    return ""


def found(environ: dict[str, str], ask_gh: Callable[[str], str] = no_gh) -> tuple[str, str] | None:
    credential = find_credential(environ, PUBLIC, ask_gh)
    return (credential.secret.reveal(), credential.source) if credential else None


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"GH_TOKEN": "a", "GITHUB_TOKEN": "b"}, ("a", "GH_TOKEN")),
        ({"GH_TOKEN": " ", "GITHUB_TOKEN": " b\n"}, ("b", "GITHUB_TOKEN")),
        ({}, None),
    ],
)
def test_the_environment_is_asked_in_this_order(environ: dict[str, str], expected: tuple[str, str] | None) -> None:
    assert found(environ) == expected


@pytest.mark.parametrize(
    ("api", "host"),
    [
        (PUBLIC, "github.com"),
        ("https://github.example.com/api/v3", "github.example.com"),
        ("https://api.octo.ghe.com", "octo.ghe.com"),
        ("https://git.example.com:8443/api/v3", "git.example.com:8443"),
    ],
)
def test_gh_is_asked_for_the_host_that_it_knows(api: str, host: str) -> None:
    asked: list[str] = []
    credential = find_credential({}, api, lambda name: asked.append(name) or "gho_x\n")

    assert (asked, repr(credential)) == ([host], "Token(secret=Secret(***), source='gh auth token')")


GH = """#!{python}
import sys
if sys.argv[1:] != ["auth", "token", "--hostname", "github.com"]:
    sys.exit(4)
print("gho_of-the-user")
"""


@pytest.mark.skipif(os.name == "nt", reason="a script with a first line is no program there")
def test_gh_itself_is_run_without_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "gh"
    program.write_text(GH.replace("{python}", sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert (gh_token("github.com").strip(), gh_token("elsewhere.example")) == ("gho_of-the-user", "")


def test_a_gh_of_the_current_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "gh"
    program.write_text(GH.replace("{python}", sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".")

    assert gh_token("github.com") == ""


@pytest.mark.parametrize("text", ["two words", "new\nline", "nön-ascii", "x" * 1001])
def test_what_is_no_token_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"^GH_TOKEN holds something that is no token$") as caught:
        find_credential({"GH_TOKEN": text}, PUBLIC, no_gh)

    assert text not in caught.value.hint


def test_a_secret_shows_nowhere_and_does_not_travel() -> None:
    token = Token(Secret("ghp_x"), "GH_TOKEN")

    assert "ghp_x" not in f"{token} {token!r} {token.secret} {vars(type(token.secret))}"
    with pytest.raises(TypeError, match="stays in its process"):
        pickle.dumps(token.secret)


@pytest.fixture
def pem() -> str:
    return private_key()


@pytest.fixture
def app(fake: FakeGitHub, time: Time) -> FakeGitHub:
    fake.clock, fake.app_key = time, public_key()
    fake.add_pull(1, "t", "2025-11-22T10:00:00Z")
    return fake


async def two(github: "object") -> None:
    for _ in range(2):
        await github.pull_request(1)  # type: ignore[attr-defined]


INSTALLATION = ["GET /repos/ada/shop/installation", "POST /app/installations/77/access_tokens"]
PULL = "GET /repos/ada/shop/pulls/1"


def test_an_app_asks_with_a_token_for_this_repository_alone(app: FakeGitHub, ask: Ask, pem: str) -> None:
    ask(two, environ={"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": pem})

    assert app.asked == [*INSTALLATION, PULL, PULL]
    assert [headers["authorization"] for headers in app.sent_headers[2:]] == [f"token {GRANTED}"] * 2


def test_an_app_asks_again_before_its_token_ends(app: FakeGitHub, ask: Ask, pem: str) -> None:
    app.expires_at = "2025-11-22T10:04:00Z"
    ask(two, environ={"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": pem})

    assert app.asked == [*INSTALLATION, PULL] * 2


def test_an_app_key_may_stand_in_a_file(app: FakeGitHub, ask: Ask, pem: str, tmp_path: Path) -> None:
    (tmp_path / "app.pem").write_text(pem)
    ask(two, environ={"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": str(tmp_path / "app.pem")})

    assert app.asked[-1] == PULL


def test_the_key_of_another_app_is_refused(app: FakeGitHub, ask: Ask, pem: str) -> None:
    with pytest.raises(ForgeFailed, match="GitHub does not accept the token from PR_SESSIONS_APP_KEY"):
        ask(two, environ={"PR_SESSIONS_APP_ID": "1", "PR_SESSIONS_APP_KEY": pem})


def test_what_a_server_echoes_of_a_granted_token_is_hidden(app: FakeGitHub, ask: Ask, pem: str) -> None:
    app.faults.extend([None, None, Fault(status=422, body=f'{{"message": "no {GRANTED}"}}'.encode())])
    with pytest.raises(ForgeFailed, match=r"cannot do this \(422\): no \*\*\* \("):
        ask(two, environ={"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": pem})


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"PR_SESSIONS_APP_ID": "4711"}, "belong together"),
        ({"PR_SESSIONS_APP_KEY": "/nowhere"}, "belong together"),
        ({"PR_SESSIONS_APP_ID": "47/11", "PR_SESSIONS_APP_KEY": "x"}, "is no App id"),
        ({"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": "/nowhere"}, "neither a private key nor a file"),
        ({"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY_FILE": "/nowhere"}, "_FILE names no file that holds"),
        ({"PR_SESSIONS_APP_KEY_FILE": "/nowhere"}, "APP_ID and PR_SESSIONS_APP_KEY_FILE belong together"),
        ({"PR_SESSIONS_APP_KEY": "x", "PR_SESSIONS_APP_KEY_FILE": "y"}, "are both set"),
    ],
)
def test_half_an_app_is_refused(told: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        find_credential(told, PUBLIC, no_gh)


def test_an_app_key_may_stand_in_a_file_of_another_variable(
    app: FakeGitHub, ask: Ask, pem: str, tmp_path: Path
) -> None:
    (tmp_path / "app.pem").write_text(f"\n{pem}")
    ask(two, environ={"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY_FILE": str(tmp_path / "app.pem")})

    assert app.asked[-1] == PULL


def test_a_broken_key_is_refused_without_being_shown(app: FakeGitHub, ask: Ask) -> None:
    broken = "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----"
    with pytest.raises(InvalidValue, match=r"^PR_SESSIONS_APP_KEY is no private key that can be used$"):
        ask(two, environ={"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": broken})


@pytest.mark.parametrize("text", ["QUJD" * 900, f"{'x' * 300}/y", "."])
def test_what_is_neither_a_key_nor_its_file_is_not_shown(text: str) -> None:
    told = {"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": text}
    with pytest.raises(
        InvalidValue, match=r"^PR_SESSIONS_APP_KEY is neither a private key nor a file that holds one$"
    ) as refused:
        find_credential(told, PUBLIC, no_gh)

    assert text not in (refused.value.hint or "").split()
