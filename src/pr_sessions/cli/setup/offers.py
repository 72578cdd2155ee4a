"""What `init` asks, on a terminal only, and only what nobody has said yet."""

import sys

import click

from pr_sessions.forges.tool import has_tool
from pr_sessions.sessions.policy import Marking
from pr_sessions.stores.configuration import read
from pr_sessions.stores.git import remotes
from pr_sessions.stores.repository import Repository

_QUESTION = "Add our one-line mark to the pull requests that agents open here, with your own {}?"


def asked_mark(repository: Repository) -> Marking | None:
    """Whether pull requests get our mark; `None` where nobody is asked."""
    # A stream that was closed is none.
    if not all(stream and stream.isatty() for stream in (sys.stdin, sys.stderr)) or repository.git_dir is None:
        return None
    tool = next(filter(has_tool, ("gh", "glab")), None)
    if tool is None or not remotes(repository.root) or "mark" in read(repository.config).origins:
        return None
    return Marking.BODY if click.confirm(_QUESTION.format(tool), default=False, err=True) else Marking.NONE
