"""Our marks in a pull request's title and body: rendered, match, cut away.

Three forms name a session in a body, each on lines of its own:

- full: `[cursor-session: ID]`, usually under a rule (`---`) and with two HTML comments;
- trailer: `Session-ID: ID` in a paragraph of trailers, also of a commit message; none where several name different
  sessions;
- minimal: the one comment `<!-- 🤖 Auto-PR: Session ID -->`.

Quoted lines, `<blockquote>`, fenced code and other HTML comments hide what stands in them.
All functions take linear time.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache, lru_cache

from msgspec import Struct

from pr_sessions.core.ids import check_id, is_valid_id
from pr_sessions.core.trailers import HIDDEN, is_squashed, trailer_paragraphs, without_copied

_SIGN = "🤖"
_FULL = """\
---
<!-- pr-sessions: the next line names the work session of this pull request -->
[cursor-session: {}]
<!-- pr-sessions: the tool keeps this block up to date -->"""
_MINIMAL = "<!-- 🤖 Auto-PR: Session {} -->"

_ID = r"[A-Za-z0-9_.-]{1,200}"
_END = r"[ \t\r]*(?:\n|\Z)"
_GAP = r"(?>[ \t\r\n]*\n)?"
# Atomic: a comment ends at its first `-->`. Our minimal mark is no part of a full block.
_COMMENT = rf"\ {{0,3}}(?>(?!<!--\ 🤖\ Auto-PR:\ Session\ )<!(?=--)[\s\S]*?-->){_END}"
# The two comments stand before the mark, after it, or around it; others than two are the author's.
_TOKEN = rf"""
    ^(?:
        (?: (?P<rule>\ {{0,3}}-{{3,}}{_END}{_GAP}) (?P<one>{_COMMENT}{_GAP})? (?P<two>{_COMMENT}{_GAP})? )?
        \ {{0,3}}\[(?i:cursor-session):[ \t]*(?P<full>{_ID})[ \t]*\]{_END}
        (?(two)|(?(one)(?:{_GAP}{_COMMENT})?|(?(rule)(?:{_GAP}{_COMMENT}{_GAP}{_COMMENT})?)))
    |   \ {{0,3}}<!--\ 🤖\ Auto-PR:\ Session\ (?P<minimal>{_ID})\ -->{_END}
    |   [ \t]*(?P<quote>>)
    |   [ \t]*(?P<fence>`{{3,}}+(?=[^`\n]*$)|~{{3,}}+)
    )
    |   (?<!`)(?P<code>`++)[^`\n]*(?P=code)(?!`)
    |   <(?:!--|(?P<html>(?i:blockquote)(?:[ \t][^<>\n]*)?>))
    """
_QUOTE = re.compile(r"[ \t]*>[^\n]*(?:\n|\Z)")
_HTML_QUOTE = re.compile(r"<(/?)blockquote(?:[ \t][^<>\n]*)?>", re.IGNORECASE)
_FENCE_END = re.compile(rf"^[ \t]*(`{{3,}}+|~{{3,}}+){_END}", re.MULTILINE)
_TRAILER = re.compile(rf"^ {{0,3}}Session-ID:[ \t]*({_ID}){_END}", re.MULTILINE | re.IGNORECASE)
# The patterns up to here are slow to search. These begin with one character, which is found quickly.
_KEY_END = re.compile("-ID:", re.IGNORECASE)
_FULL_MARK = re.compile(r"\[cursor-session:", re.IGNORECASE)
# Without one of these, a line is the author's text, unless our full mark stands there. The first line has none before.
_SPECIAL = re.compile(r"<[!b]|\n[ \t]*(?:>|```|~~~)", re.IGNORECASE)
_WORDS = re.compile(r"\S[^\n]*")
# Compiled where they are used: most of what is recorded has no body.
_LINE = rf"(?m)^ {{0,3}}([^ \t\n{HIDDEN}][^\n]*)"
_LONGEST_COMMENT = 200
_TITLE = re.compile(rf"\[cursor-session:[ \t]*({_ID})[ \t]*\]", re.IGNORECASE)


class Form(StrEnum):
    """How a mark is written."""

    FULL = "full"
    TRAILER = "trailer"
    MINIMAL = "minimal"


class Mark(Struct, frozen=True):
    """A session's id as a title or a body names it."""

    session_id: str
    form: Form


class _Span(Struct, frozen=True):
    """A stretch of a body that is not the author's visible text.

    Attributes:
        mark: what it says, where it is ours.
        inline: it may begin and end within a line.
        quote: it is somebody else's text.
        open: what the author left out to end it.
    """

    start: int
    end: int
    mark: Mark | None = None
    inline: bool = False
    quote: bool = False
    open: str = ""


class OwnText(Struct, frozen=True):
    """What counts of a description or of a commit's message: quotes, code, comments and copied text do not.

    Attributes:
        lines: stripped, without blank ones and indented code.
        trailers: by paragraph, keys in lower case and values.
        comments: the beginnings of the HTML comments that begin a line and are not ours.
        is_squashed: it lists several commits.
    """

    lines: tuple[str, ...] = ()
    trailers: tuple[tuple[tuple[str, str], ...], ...] = ()
    comments: tuple[str, ...] = ()
    is_squashed: bool = False


def render_full(session_id: str) -> str:
    """Return the block that names the session under a rule.

    Raises:
        InvalidValue: the id is not safe to show.
    """
    return _FULL.format(check_id(session_id))


def render_minimal(session_id: str) -> str:
    """Return the comment that names the session.

    Raises:
        InvalidValue: the id is not safe to show.
    """
    return _MINIMAL.format(check_id(session_id))


def mark_title(title: str) -> str:
    """Return the title with `🤖 ` before it unless it says `auto-pr:` or begins with the sign already."""
    if "auto-pr:" in title.casefold() or title.lstrip().startswith(_SIGN):
        return title
    return f"{_SIGN} {title}"


def without_title_mark(title: str) -> str:
    """Return the title without the sign that we put before it."""
    text = title.lstrip()
    return text.removeprefix(_SIGN).lstrip() if text.startswith(_SIGN) else title


def mark_body(body: str, session_id: str, *, minimal: bool = False) -> str:
    """Return the body with one block of ours at its end, in place of all full and minimal ones that it has.

    A fence or comment that the author left open is closed first: it would swallow the block.

    Raises:
        InvalidValue: the id is not safe to show.
    """
    newline = "\r\n" if "\r\n" in body else "\n"
    block = render_minimal(session_id) if minimal else render_full(session_id)
    blocks = (span for span in _spans(body) if span.mark)
    text = _cut(body, blocks).rstrip("\r\n")
    unclosed = next((span.open for span in reversed(tuple(_spans(text)))), "")
    if unclosed:
        # The blank line keeps a `-->` from making a comment of a paragraph that only mentions `<!--`.
        text += newline * (2 if unclosed == "-->" else 1) + unclosed
    return (text and text + 2 * newline) + block.replace("\n", newline)


def without_marks(body: str) -> str:
    """Return the body without our marks of any form."""
    return _cut(body, sorted(_marked(body), key=lambda span: span.start))


def own_words(body: str) -> tuple[str, ...]:
    """Return the lines that the author wrote, stripped, without blank ones.

    Our marks, quotes, fenced code and HTML comments are no part of them. A fence or comment that is
    not closed runs to the end.
    """
    visible = _visible(body, _spans(body))
    words = _cut(visible, _trailers(visible))
    return tuple(line[0].rstrip() for line in _WORDS.finditer(words))


def own_lines(body: str) -> tuple[str, ...]:
    """Return the lines that the author wrote, stripped; indented code is no part of them either."""
    return _lines(_visible(body, _spans(body))) if body else ()


def own_text(text: str, subject: str = "") -> OwnText:
    """Return what counts of a description or a message.

    Args:
        text: the description or message.
        subject: of a commit, where its message does not begin with it.
    """
    if not text:
        return OwnText()
    counted = without_copied(_visible(text, _spans(text)), subject)
    paragraphs = tuple(paragraph.pairs for paragraph in trailer_paragraphs(counted))
    return OwnText(_lines(counted), paragraphs, tuple(_comments(text)), is_squashed(counted))


def _comments(body: str) -> Iterator[str]:
    for span in _spans(body):
        before = body[max(0, span.start - 4) : span.start]
        # At most three blanks may stand before it: with four, Markdown makes code of it.
        begins_line = not before.rpartition("\n")[2].strip() and ("\n" in before or span.start < 4)
        if begins_line and span.inline and body.startswith("<!--", span.start):
            yield body[span.start : span.end][4:_LONGEST_COMMENT].removesuffix("-->").strip()


def find_marks(title: str, body: str) -> tuple[Mark, ...]:
    """Return every mark in a title (at its start or end) and a body, each once, in order; trailers last."""
    text = title.strip()
    in_title = (
        Mark(match[1], Form.FULL)
        for match in _TITLE.finditer(text)
        if is_valid_id(match[1]) and (match.start() == 0 or match.end() == len(text))
    )
    return tuple(dict.fromkeys([*in_title, *(span.mark for span in _marked(body) if span.mark)]))


def find_mark(title: str, body: str) -> Mark | None:
    """Return the mark that names the session, `None` without one.

    Marks with different ids are not guessed between: they give `None` as well.
    """
    marks = find_marks(title, body)
    return marks[0] if len({mark.session_id for mark in marks}) == 1 else None


def find_in_commits(messages: Iterable[str]) -> Mark | None:
    """Return the trailer of its commits' messages, `None` where they name no session or several."""
    match = {mark for message in messages for mark in find_marks("", message) if mark.form is Form.TRAILER}
    return match.pop() if len(match) == 1 else None


@cache
def _token() -> re.Pattern[str]:
    """Compiled when a body is first looked at: that takes longer than to read a short one."""
    return re.compile(_TOKEN, re.VERBOSE | re.MULTILINE)


@lru_cache(maxsize=8)
def _spans(body: str) -> tuple[_Span, ...]:
    """Return what is not the author's visible text, in order and without overlaps.

    Recording looks at the same text several times.
    """
    return tuple(_read_spans(body))


def _read_spans(body: str) -> Iterator[_Span]:
    position = 0
    end = body.find("\n") + 1 or len(body)
    quoted = _end_of_html_quotes(body)
    has_full_marks = _FULL_MARK.search(body) is not None
    while position < len(body):
        start, stop = position, len(body)
        if not has_full_marks:
            # Everything else begins and ends within a line: lines of plain text are passed over quickly.
            if position >= end:
                special = _SPECIAL.search(body, position - 1)
                if special is None:
                    return
                start = max(position, body.rfind("\n", position - 1, special.end()) + 1)
                end = body.find("\n", special.end()) + 1 or len(body)
            stop = end
        match = _token().search(body, start, stop)
        if match is None:
            position = stop
        elif match["code"] or (match["html"] and match.start() >= quoted):
            position = match.end()
        elif match["full"] and not is_valid_id(match["full"]):
            position = match.start() + 1
        else:
            span = _span(body, match)
            yield span
            position = span.end


def _span(body: str, match: re.Match[str]) -> _Span:
    start = match.start()
    if match["full"]:
        return _Span(start, match.end(), Mark(match["full"], Form.FULL))
    if match["minimal"] and is_valid_id(match["minimal"]):
        return _Span(start, match.end(), Mark(match["minimal"], Form.MINIMAL))
    if match["quote"]:
        return _Span(start, _quote_end(body, start), quote=True)
    if match["fence"]:
        return _fence(body, start, match.end(), match["fence"])
    return _html_quote(body, start) if match["html"] else _comment(body, start)


def _quote_end(body: str, position: int) -> int:
    while match := _QUOTE.match(body, position):
        position = match.end()
    return position


def _end_of_html_quotes(body: str) -> int:
    """Return where the last one is closed: what is open behind it is text, such as a tag that a sentence names."""
    if "</" not in body:
        return 0
    return max((tag.start() for tag in _HTML_QUOTE.finditer(body) if tag[1]), default=0)


def _html_quote(body: str, start: int) -> _Span:
    """To its own closing tag, or to the last one where some are missing."""
    depth, end = 0, start
    for tag in _HTML_QUOTE.finditer(body, start):
        depth += -1 if tag[1] else 1
        end = tag.end() if tag[1] else end
        if depth == 0:
            break
    return _Span(start, end, inline=True, quote=True)


def _fence(body: str, start: int, inside: int, fence: str) -> _Span:
    for match in _FENCE_END.finditer(body, inside):
        if match[1].startswith(fence):
            return _Span(start, match.end(), quote=True)
    return _Span(start, len(body), quote=True, open=fence)


def _comment(body: str, start: int) -> _Span:
    # In HTML `<!-->` is a whole comment: the dashes of its end may be those of its start.
    end = body.find("-->", start + 2)
    if end < 0:
        return _Span(start, len(body), inline=True, open="-->")
    return _Span(start, end + 3, inline=True)


def _marked(body: str) -> tuple[_Span, ...]:
    """Return our blocks in order, then our trailers."""
    if not body:
        return ()
    spans = _spans(body)
    return (*(span for span in spans if span.mark), *_trailers(_visible(body, spans)))


def _trailers(visible: str) -> Iterator[_Span]:
    """Yield those in paragraphs of trailers, unless another id is named as well: then several messages became one."""
    if not _KEY_END.search(visible):
        return
    counted = without_copied(visible)
    named = {match[1] for match in _TRAILER.finditer(counted) if is_valid_id(match[1])}
    if len(named) != 1:
        return
    for paragraph in trailer_paragraphs(counted):
        for match in _TRAILER.finditer(counted, paragraph.start, paragraph.end):
            if is_valid_id(match[1]):
                yield _Span(match.start(), match.end(), Mark(match[1], Form.TRAILER))


def _lines(visible: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, re.findall(_LINE, visible))))


def _visible(body: str, spans: Iterable[_Span]) -> str:
    """Return the body with blanks, position by position, for all that is not the author's visible text."""
    pieces = []
    position = 0
    for span in spans:
        blanks = (HIDDEN if span.quote else " ") * (span.end - span.start)
        pieces += [body[position : span.start], blanks if span.inline else blanks[:-1] + "\n"]
        position = span.end
    return "".join([*pieces, body[position:]])


def _cut(text: str, spans: Iterable[_Span]) -> str:
    pieces = []
    position = 0
    for span in spans:
        pieces.append(text[position : span.start])
        position = span.end
    return "".join([*pieces, text[position:]])
