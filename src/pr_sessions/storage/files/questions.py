"""What only a forge can say about the work of agents: a pull request that a hook saw may have been opened.

A file of the clone, one line each. It is bounded: what does not fit is not asked.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime

import msgspec
from msgspec import Struct

from pr_sessions.core.hook_events import Kind
from pr_sessions.core.json_text import decode
from pr_sessions.errors import UnreadableFile
from pr_sessions.io.files import MIB, append_bytes, read_bytes, remove_file, replace_file, status
from pr_sessions.io.places import Place
from pr_sessions.storage.files.event_queue import Batch

MOST = 64 * 1024


class Question(Struct, frozen=True, kw_only=True):
    """One possible creation.

    Attributes:
        at: when the command ended.
        url: of the pull request that it may have created; empty if it is not known.
        branch: from which it may have been created; empty if it is not known.
        how: the creating command.
    """

    at: datetime
    host: str
    run: str
    root: str
    url: str = ""
    branch: str = ""
    how: str = ""


def questions_of(batches: Iterable[Batch]) -> Iterator[Question]:
    """Yield what the events leave open: possible creations, and addresses of pull requests that were worked on."""
    for queued in (queued for batch in batches for queued in batch.events):
        event = queued.event
        if event.kind is Kind.POSSIBLE or (event.kind is Kind.CONTRIBUTED and queued.url):
            yield Question(
                at=event.at,
                host=event.host,
                run=event.run,
                root=event.root,
                url=queued.url,
                branch=event.branch,
                how=event.how,
            )


def add_questions(place: Place, questions: Iterable[Question]) -> None:
    """Add questions to the file, unless it is full."""
    data = b"".join(msgspec.json.encode(question) + b"\n" for question in questions)
    known = status(place)
    if data and (known is None or known.st_size + len(data) <= MOST):
        append_bytes(place, data, on_new_line=True)


def read_questions(place: Place) -> tuple[Question, ...]:
    """Return the questions in the file, each once; lines that make no sense are none."""
    try:
        lines = (read_bytes(place, MIB) or b"").splitlines()
    except UnreadableFile:
        return ()
    questions: dict[Question, None] = {}
    for line in lines:
        with suppress(msgspec.DecodeError, OverflowError):
            question = decode(line, Question)
            if question.at.tzinfo is not None:
                questions[question] = None
    return tuple(questions)


def write_questions(place: Place, questions: Iterable[Question]) -> None:
    """Replace the file; without questions there is none."""
    data = b"".join(msgspec.json.encode(question) + b"\n" for question in questions)
    if data:
        replace_file(place, data)
    else:
        remove_file(place)
