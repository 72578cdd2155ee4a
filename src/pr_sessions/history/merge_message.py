"""The words in which forges say in git which pull request a commit brought in."""

import re

from msgspec import Struct

_NUMBER = r"([1-9][0-9]{0,9})"
_GITHUB_MERGE = re.compile(rf"Merge pull request #{_NUMBER} from (\S+)\Z")
_GITLAB_BRANCHES = re.compile(r"Merge branch '([^']+)' into '?([^']+?)'?\Z")
_GITLAB_REFERENCE = re.compile(rf"See merge request \S*!{_NUMBER}\Z")
_BITBUCKET = re.compile(rf"Merged in (\S+) \(pull request #{_NUMBER}\)\Z")
_AZURE = re.compile(rf"Merged PR {_NUMBER}: ")
_SQUASH = re.compile(rf" \(#{_NUMBER}\)\Z")


class Announcement(Struct, frozen=True):
    """What a commit message says about the pull request that it brought in.

    Attributes:
        body: the message without its subject, and without the line that gave the title.
    """

    number: str
    title: str
    body: str
    branch: str | None = None
    base: str | None = None


def announcement(message: str, is_merge: bool) -> Announcement | None:
    """The pull request that a commit message names, in the words of GitHub, GitLab, Bitbucket or Azure DevOps.

    Args:
        message: the whole commit message.
        is_merge: whether the commit has several parents. GitLab's reference counts only there: it stands in
            the body, where a quotation may stand as well.
    """
    subject, _, body = message.strip().partition("\n")
    subject, body = subject.strip(), body.strip()
    return (
        _github_merge(subject, body)
        or _bitbucket(subject, body)
        or _azure(subject, body)
        or _squash(subject, body)
        or (_gitlab(subject, body) if is_merge else None)
    )


def _github_merge(subject: str, body: str) -> Announcement | None:
    found = _GITHUB_MERGE.match(subject)
    if not found:
        return None
    title, rest = _titled(body, subject)
    owner, _, branch = found[2].partition("/")
    return Announcement(found[1], title, rest, branch or owner)


def _bitbucket(subject: str, body: str) -> Announcement | None:
    found = _BITBUCKET.match(subject)
    if not found:
        return None
    title, rest = _titled(body, subject)
    return Announcement(found[2], title, rest, found[1])


def _azure(subject: str, body: str) -> Announcement | None:
    found = _AZURE.match(subject)
    return Announcement(found[1], subject[found.end() :].strip(), body) if found else None


def _squash(subject: str, body: str) -> Announcement | None:
    found = _SQUASH.search(subject)
    return Announcement(found[1], subject[: found.start()].strip(), body) if found else None


def _gitlab(subject: str, body: str) -> Announcement | None:
    references = [found[1] for line in body.split("\n") if (found := _GITLAB_REFERENCE.match(line.strip()))]
    if not references:
        return None
    branches = _GITLAB_BRANCHES.match(subject)
    if not branches:
        return Announcement(references[-1], subject, body)
    title, rest = _titled(body, subject)
    return Announcement(references[-1], title, rest, branches[1], branches[2])


def _titled(body: str, otherwise: str) -> tuple[str, str]:
    """The body's first line as the title, and what follows it."""
    title, _, rest = body.partition("\n")
    return title.strip() or otherwise, rest.strip()
