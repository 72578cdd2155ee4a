"""The options of `classify` and `add` that describe a pull request, and the value made of them."""

from collections.abc import Callable
from typing import Any, BinaryIO, TypeVar

import click

from pr_sessions.core.agents import Agent, Confidence, Evidence
from pr_sessions.core.ids import clean
from pr_sessions.core.models import PullRequest, State
from pr_sessions.errors import InvalidValue

F = TypeVar("F", bound=Callable[..., Any])

_BODY_LIMIT = 64 * 1024 * 1024
# "told" is a key of the session file.
_GIVEN = (Evidence("told", "by the one who recorded it"),)
COUNT = click.IntRange(0, 1_000_000_000)

_OPTIONS = (
    click.option("--title", default="", help="Its title."),
    click.option("--author", default="", help="Who opened it."),
    click.option("--body", help="Its body."),
    click.option("--body-file", type=click.File("rb"), help="File with its body; - is stdin."),
    click.option("--files", type=COUNT, metavar="N", help="Number of changed files."),
    click.option("--branch", help="Its branch."),
    click.option("--message", "messages", multiple=True, help="A commit message; repeatable."),
    click.option("--agent", "agents", multiple=True, metavar="NAME", help="A coding agent; repeatable."),
)


def description(command: F) -> F:
    """Add the options that describe a pull request; `pull_request` takes their values."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def pull_request(
    number: str,
    *,
    title: str,
    author: str,
    body: str | None,
    body_file: BinaryIO | None,
    files: int | None,
    branch: str | None,
    messages: tuple[str, ...],
    agents: tuple[str, ...],
    tests: int | None = None,
    docs: bool | None = None,
    state: str | None = None,
    base: str | None = None,
) -> PullRequest:
    """Return the pull request that the options describe.

    Raises:
        InvalidValue: its body is too large.
    """
    return PullRequest(
        number=number,
        title=_text(title),
        body=read_body(body, body_file) or "",
        author=clean(author),
        commit_messages=tuple(map(_text, messages)),
        files_changed=files,
        test_files_added=tests,
        docs_updated=docs,
        state=State(state) if state else None,
        branch=clean(branch or "") or None,
        base=clean(base or "") or None,
        agents=tuple(Agent(name, confidence=Confidence.CERTAIN, evidence=_GIVEN) for a in agents if (name := clean(a))),
    )


def read_body(body: str | None, body_file: BinaryIO | None) -> str | None:
    """Return the text of `--body` or `--body-file`; `None` without either.

    Raises:
        InvalidValue: it is too large.
    """
    if body is not None and body_file is not None:
        raise click.UsageError("--body and --body-file exclude each other.")
    if body_file is not None:
        return _read(body_file)
    return None if body is None else _text(body)


def _read(file: BinaryIO) -> str:
    data = file.read(_BODY_LIMIT + 1)
    if len(data) > _BODY_LIMIT:
        raise InvalidValue(
            f"the body is larger than {_BODY_LIMIT // 1024 // 1024} MiB", "give less of it: marks stand at its end"
        )
    return data.decode("utf-8-sig", "replace")


def _text(text: str) -> str:
    """Replace what cannot be written to a file: bytes of an argument that are no text in this locale."""
    return text.encode("utf-8", "replace").decode()
