"""How forges, their bots and merge scripts name in git the pull request that a commit brought in."""

import re
from collections.abc import Iterator
from itertools import dropwhile, islice, takewhile
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

# Whose words a message uses. `bracket` is `(#N)` at the end, a pull request on some forges and an issue on others.
# `script` is a bot's or a merge script's.
Form = Literal["github", "gitea", "gitlab", "bitbucket", "azure", "script", "bracket"]

_NUMBER = r"(?P<number>[1-9][0-9]{0,9})"
_PATH = r"(?P<repository>[\w.-]{1,100}/[\w.-]{1,100})"
_MOST_LISTED = 100


class Announcement(Struct, frozen=True):
    """What a commit message says about the pull request that it brought in.

    Attributes:
        body: the message without its subject, and without the line that gave the title.
        repository: whose number it is, where the message says so, such as `group/project`.
        parent: which of the merged branches is its own, counted from 0; -1 where that is not known, `None` for all.
        is_listed: any other commit that names the number says more about it.
        others: further pull requests that the same commit brought in.
    """

    number: str
    title: str
    body: str
    branch: str | None = None
    base: str | None = None
    form: Form = "github"
    repository: str | None = None
    parent: int | None = None
    is_listed: bool = False
    others: tuple["Announcement", ...] = ()


class _Subject(Struct, frozen=True):
    """A form of a subject. Groups of the pattern: number, title, head (`OWNER/BRANCH`), branch, base, repository.

    Attributes:
        is_of_merges: people write it too, so it counts in merges only.
    """

    pattern: re.Pattern[str]
    form: Form
    is_of_merges: bool = False


_SUBJECTS = (
    _Subject(re.compile(rf"Merge pull request #{_NUMBER} from (?P<head>\S++)\Z"), "github"),
    _Subject(re.compile(rf"Merge (?:pull request|PR) #{_NUMBER}(?:: (?P<title>\S.*))?\Z"), "github", is_of_merges=True),
    _Subject(
        re.compile(rf"(?:Auto|Rollup) merge of #{_NUMBER} - (?P<head>[^\s,]++), r=(?!<try>)\S++\Z"),
        "script",
        is_of_merges=True,
    ),
    _Subject(re.compile(rf"(?:Merge (?:{_PATH})?)?#{_NUMBER}: (?P<title>\S.*)\Z"), "script", is_of_merges=True),
    # The head is `BRANCH`, or `OWNER/REPO:BRANCH` of a fork.
    _Subject(
        re.compile(
            rf"Merge pull request '(?P<title>.+)' \([#!]{_NUMBER}\) "
            r"from (?:[^\s:]++:)?(?P<branch>\S++)(?: into (?P<base>\S++))?\Z"
        ),
        "gitea",
    ),
    _Subject(
        re.compile(rf"Merge pull request #{_NUMBER} in (?P<repository>\S++) from (?P<branch>\S++) to (?P<base>\S++)\Z"),
        "bitbucket",
    ),
    _Subject(re.compile(rf"Merged in (?P<branch>\S++) \(pull request #{_NUMBER}\)\Z"), "bitbucket"),
    _Subject(re.compile(rf"Pull request #{_NUMBER}: (?P<title>\S.*)\Z"), "bitbucket"),
    _Subject(re.compile(rf"Merged PR {_NUMBER}: (?P<title>.*)\Z"), "azure"),
)
_QUEUE = re.compile(rf"gh-readonly-queue/\S+/pr-{_NUMBER}-[0-9a-f]{{7,64}}\Z")
_DATA_CENTER = re.compile(r"Merge in (?P<repository>\S++) from (?P<branch>\S++) to (?P<base>\S++)\Z")
_BORS_NG = re.compile(r"Merge(?: #[1-9][0-9]{0,9}){1,50}\Z")
_BORS_NG_LINE = re.compile(rf"{_NUMBER}: (?P<title>\S.*)\Z")
_ROLLED_UP = re.compile(rf" ?- #{_NUMBER} \((?P<title>.+)\)\Z")
_BRANCHES = re.compile(r"Merge branch '(?P<branch>[^']+)' into '?(?P<base>[^']+?)'?\Z")
_SEE = re.compile(rf"See merge request (?P<repository>[^\s!]*+)!{_NUMBER}\Z")
_PART_OF = re.compile(rf"Part-of: <https?://[^/\s>]++/(?P<repository>[^\s>]+?)/-/merge_requests/{_NUMBER}>\Z")
_REVIEWED_ON = re.compile(rf"Reviewed-on: https?://[^/\s]++/(?P<repository>[^/\s]++/[^/\s]++)/pulls/{_NUMBER}\Z")
_MERGE_REQUEST_END = re.compile(rf" \(!{_NUMBER}\)\Z")
# Behind a wide character, such as a Chinese bracket, people write no blank.
_BRACKET_END = re.compile(rf"(?: |(?<=[\u2e80-\uffef]))\((?:#|GH-){_NUMBER}\)\Z")
# What tools add behind the number, such as `[skip ci]`.
_SUFFIX = re.compile(r"\[[^\[\]#]{1,40}\]\Z")
_MOST_SUFFIXES = 3
_LINES = ("See merge request ", "Part-of: <", "Reviewed-on: ")


def announcement(message: str, is_merge: bool) -> Announcement | None:
    """Return the pull request that a commit message names.

    Args:
        message: the whole commit message.
        is_merge: whether the commit has several parents. Some forms count only there: people write them too, or they
            stand in the body, where a quotation may stand as well.
    """
    subject, _, body = message.strip().partition("\n")
    subject, body = subject.strip(), body.lstrip("\r\n").rstrip()
    return (
        _by_subject(subject, body, is_merge)
        or (_by_bors_ng(subject, body) if is_merge else None)
        or _by_line(subject, body, is_merge)
        or _by_end(subject, body)
    )


def _by_subject(subject: str, body: str, is_merge: bool) -> Announcement | None:
    for each in _SUBJECTS:
        match = each.pattern.match(subject) if is_merge or not each.is_of_merges else None
        if match:
            return _complete(_named(match, each.form, subject, body), is_merge)
    return None


def _named(match: re.Match[str], form: Form, subject: str, body: str) -> Announcement:
    parts = match.groupdict()
    title, rest = parts.get("title"), body
    if title is None:
        title, rest = _titled(body, subject)
    head = parts.get("head")
    branch = _branch_of(head) if head else parts.get("branch")
    return Announcement(
        parts["number"], title.strip(), rest, branch, parts.get("base"), form, parts.get("repository") or None
    )


def _branch_of(head: str) -> str:
    """Return the branch of `OWNER/BRANCH` or `OWNER:BRANCH`; of a name without an owner, all of it."""
    owner, separator, branch = head.partition(":")
    if not separator or "/" in owner:
        owner, _, branch = head.partition("/")
    return branch or owner


def _complete(announced: Announcement, is_merge: bool) -> Announcement | None:
    """Return it with what only its own forge's message holds; `None` where that shows that it is none."""
    if announced.branch and (queued := _QUEUE.match(announced.branch)):
        # GitHub's merge queue made this branch of the pull request that it names.
        return replace(announced, number=queued["number"], branch=None, is_listed=True)
    if announced.form == "bitbucket" and announced.branch is None:
        line = next((match for line in _lines(announced.body) if (match := _DATA_CENTER.match(line))), None)
        if line:
            return replace(announced, branch=line["branch"], base=line["base"], repository=line["repository"])
        return announced if is_merge else None
    return (
        replace(announced, others=_rolled_up(announced.body)) if announced.title.startswith("Rollup of ") else announced
    )


def _rolled_up(body: str) -> tuple[Announcement, ...]:
    """Return what a rollup of bors brought in: its first list, behind which those stand that failed."""
    items = dropwhile(lambda line: not _ROLLED_UP.match(line), _lines(body))
    matches = takewhile(bool, map(_ROLLED_UP.match, islice(items, _MOST_LISTED)))
    return tuple(
        Announcement(match["number"], match["title"], "", form="script", parent=-1, is_listed=True)
        for match in matches
        if match
    )


def _by_bors_ng(subject: str, body: str) -> Announcement | None:
    if not _BORS_NG.match(subject):
        return None
    numbers = [word.removeprefix("#") for word in subject.split()[1:]]
    titles = {
        match["number"]: match["title"].partition(" r=")[0]
        for line in _lines(body)
        if (match := _BORS_NG_LINE.match(line))
    }
    if len(numbers) == 1:
        title, rest = _titled(body, subject)
        return Announcement(numbers[0], titles.get(numbers[0], title), rest, form="script")
    first, *others = (
        Announcement(number, titles.get(number, subject), "", form="script", parent=place)
        for place, number in enumerate(numbers)
    )
    return replace(first, others=tuple(others))


def _by_line(subject: str, body: str, is_merge: bool) -> Announcement | None:
    """Return what the last line of a kind in the body says: further up may be another message."""
    last: tuple[Form, re.Match[str]] | None = None
    if not any(words in body for words in _LINES):
        return None
    for line in _lines(body):
        if match := _PART_OF.match(line) or (_SEE.match(line) if is_merge else None):
            last = "gitlab", match
        elif match := _REVIEWED_ON.match(line):
            last = "gitea", match
    if last is None:
        return None
    form, match = last
    repository = match["repository"] or None
    branches = _BRANCHES.match(subject) if is_merge else None
    if branches:
        title, rest = _titled(body, subject)
        return Announcement(match["number"], title, rest, branches["branch"], branches["base"], form, repository)
    end = _BRACKET_END.search(subject) or _MERGE_REQUEST_END.search(subject)
    title = subject[: end.start()].strip() if end and end["number"] == match["number"] else subject
    return Announcement(match["number"], title, body, form=form, repository=repository)


def _by_end(subject: str, body: str) -> Announcement | None:
    for _ in range(_MOST_SUFFIXES):
        subject = _SUFFIX.sub("", subject).rstrip()
    if match := _BRACKET_END.search(subject):
        return Announcement(match["number"], subject[: match.start()].strip(), body, form="bracket")
    if match := _MERGE_REQUEST_END.search(subject):
        return Announcement(match["number"], subject[: match.start()].strip(), body, form="gitlab")
    return None


def _lines(body: str) -> Iterator[str]:
    """Yield the lines of a body; indented ones stay so, since they quote something."""
    return (line.rstrip() for line in body.split("\n"))


def _titled(body: str, otherwise: str) -> tuple[str, str]:
    """Return the body's first line as the title, and what follows it."""
    title, _, rest = body.partition("\n")
    return title.strip() or otherwise, rest.strip()
