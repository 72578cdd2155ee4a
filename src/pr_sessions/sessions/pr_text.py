"""Our marks in a pull request's title and body: rendered, found, cut away.

Three forms name a session in a body, each on lines of its own:

- full: `[cursor-session: ID]`, usually under a rule (`---`) and with two HTML comments;
- trailer: `Session-ID: ID` in the last paragraph, also of a commit message; none where several name different sessions;
- minimal: the one comment `<!-- 🤖 Auto-PR: Session ID -->`.

Quoted lines, `<blockquote>`, fenced code and other HTML comments hide what stands in them.
All functions take linear time.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache

from msgspec import Struct

from pr_sessions.sessions.ids import check_id, is_valid_id

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
_BLANK_LINE = re.compile(r"\n[ \t\r]*(?=\n)")
_WORDS = re.compile(r"\S[^\n]*")
# Compiled where they are used: most of what is recorded has no body.
_LINE = r"(?m)^ {0,3}(?![ \t])[^\n]+"
_ANY_TRAILER = r"(?m)^([A-Za-z][A-Za-z0-9-]{0,60}):[ \t]*([^\n]*)"
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
        open: what the author left out to end it.
    """

    start: int
    end: int
    mark: Mark | None = None
    inline: bool = False
    open: str = ""


def render_full(session_id: str) -> str:
    """The block that names the session under a rule.

    Raises:
        InvalidValue: the id is not safe to show.
    """
    return _FULL.format(check_id(session_id))


def render_minimal(session_id: str) -> str:
    """The single comment that names the session.

    Raises:
        InvalidValue: the id is not safe to show.
    """
    return _MINIMAL.format(check_id(session_id))


def mark_title(title: str) -> str:
    """The title, with `🤖 ` before it unless it says `auto-pr:` or begins with the sign already."""
    if "auto-pr:" in title.casefold() or title.lstrip().startswith(_SIGN):
        return title
    return f"{_SIGN} {title}"


def without_title_mark(title: str) -> str:
    """The title without the sign that we put before it."""
    text = title.lstrip()
    return text.removeprefix(_SIGN).lstrip() if text.startswith(_SIGN) else title


def mark_body(body: str, session_id: str, *, minimal: bool = False) -> str:
    """The body with one block of ours at its end, in place of all full and minimal ones that it has.

    A fence or comment that the author left open is closed first: it would swallow the block.

    Raises:
        InvalidValue: the id is not safe to show.
    """
    newline = "\r\n" if "\r\n" in body else "\n"
    block = render_minimal(session_id) if minimal else render_full(session_id)
    blocks = (span for span in _spans(body) if span.mark)
    text = _close(_cut(body, blocks).rstrip("\r\n"), newline)
    return (text and text + 2 * newline) + block.replace("\n", newline)


def without_marks(body: str) -> str:
    """The body without our marks of any form."""
    return _cut(body, sorted(_marked(body), key=lambda span: span.start))


def own_words(body: str) -> tuple[str, ...]:
    """The lines that the author wrote, stripped, without blank ones.

    Our marks, quotes, fenced code and HTML comments are no part of them. A fence or comment that is
    not closed runs to the end.
    """
    visible = _visible(body, _spans(body))
    words = _cut(visible, _trailers(visible))
    return tuple(line[0].rstrip() for line in _WORDS.finditer(words))


def own_lines(body: str) -> tuple[str, ...]:
    """The lines that the author wrote, stripped; indented code is no part of them either."""
    if not body:
        return ()
    lines = (found[0].strip() for found in re.finditer(_LINE, _visible(body, _spans(body))))
    return tuple(line for line in lines if line)


def trailers(text: str) -> tuple[tuple[str, str], ...]:
    """`Key: value` lines in the last paragraph of a body or a commit message; the keys in lower case."""
    if ":" not in text:
        return ()
    visible = _visible(text, _spans(text))
    last = visible[_last_paragraph(visible) :]
    return tuple((key.lower(), value.strip()) for key, value in re.findall(_ANY_TRAILER, last))


def comments(body: str) -> tuple[str, ...]:
    """The beginnings of the HTML comments that begin a line and are not ours."""
    found = (span for span in _spans(body) if span.inline and body.startswith("<!--", span.start))
    spans = (span for span in found if _begins_line(body, span.start))
    return tuple(body[span.start : span.end][4:_LONGEST_COMMENT].removesuffix("-->").strip() for span in spans)


def find_marks(title: str, body: str) -> tuple[Mark, ...]:
    """Every mark in a title (at its start or end) and a body, each once, in order; trailers last."""
    return tuple(dict.fromkeys([*_title_marks(title), *(span.mark for span in _marked(body) if span.mark)]))


def find_mark(title: str, body: str) -> Mark | None:
    """The mark that names the session, `None` without one.

    Marks with different ids are not guessed between: they give `None` as well.
    """
    marks = find_marks(title, body)
    return marks[0] if len({mark.session_id for mark in marks}) == 1 else None


def find_in_commits(messages: Iterable[str]) -> Mark | None:
    """The trailer of its commits' messages, `None` where they name no session or several."""
    found = {mark for message in messages for mark in find_marks("", message) if mark.form is Form.TRAILER}
    return found.pop() if len(found) == 1 else None


def _title_marks(title: str) -> Iterator[Mark]:
    text = title.strip()
    for found in _TITLE.finditer(text):
        if is_valid_id(found[1]) and (found.start() == 0 or found.end() == len(text)):
            yield Mark(found[1], Form.FULL)


@cache
def _token() -> re.Pattern[str]:
    """Compiled when a body is first looked at: that takes longer than to read a short one."""
    return re.compile(_TOKEN, re.VERBOSE | re.MULTILINE)


def _spans(body: str) -> Iterator[_Span]:
    """What is not the author's visible text, in order and without overlaps."""
    position = 0
    token = _token() if _may_hide(body) else None
    quoted = _end_of_html_quotes(body)
    while token and (found := token.search(body, position)):
        if found["code"] or (found["html"] and found.start() >= quoted):
            position = found.end()
        elif found["full"] and not is_valid_id(found["full"]):
            position = found.start() + 1
        else:
            span = _span(body, found)
            yield span
            position = span.end


def _may_hide(body: str) -> bool:
    """Whether a sign stands in it with which anything but the author's text can begin: a quick look first."""
    return "<" in body or "`" in body or ">" in body or "~" in body or "[" in body


def _span(body: str, found: re.Match[str]) -> _Span:
    start = found.start()
    if found["full"]:
        return _Span(start, found.end(), Mark(found["full"], Form.FULL))
    if found["minimal"] and is_valid_id(found["minimal"]):
        return _Span(start, found.end(), Mark(found["minimal"], Form.MINIMAL))
    if found["quote"]:
        return _Span(start, _quote_end(body, start))
    if found["fence"]:
        return _fence(body, start, found.end(), found["fence"])
    return _html_quote(body, start) if found["html"] else _comment(body, start)


def _quote_end(body: str, position: int) -> int:
    while found := _QUOTE.match(body, position):
        position = found.end()
    return position


def _end_of_html_quotes(body: str) -> int:
    """Where the last one is closed: what is open behind it is text, such as a tag that is named in a sentence."""
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
    return _Span(start, end, inline=True)


def _fence(body: str, start: int, inside: int, fence: str) -> _Span:
    for found in _FENCE_END.finditer(body, inside):
        if found[1].startswith(fence):
            return _Span(start, found.end())
    return _Span(start, len(body), open=fence)


def _comment(body: str, start: int) -> _Span:
    # In HTML `<!-->` is a whole comment: the dashes of its end may be those of its start.
    end = body.find("-->", start + 2)
    if end < 0:
        return _Span(start, len(body), inline=True, open="-->")
    return _Span(start, end + 3, inline=True)


def _marked(body: str) -> tuple[_Span, ...]:
    """Our blocks in order, then our trailers."""
    spans = tuple(_spans(body))
    return (*(span for span in spans if span.mark), *_trailers(_visible(body, spans)))


def _trailers(visible: str) -> Iterator[_Span]:
    """Those of the last paragraph, unless another id stands further up: then several messages became one."""
    named = {found[1] for found in _TRAILER.finditer(visible) if is_valid_id(found[1])}
    if len(named) != 1:
        return
    for found in _TRAILER.finditer(visible, _last_paragraph(visible)):
        if is_valid_id(found[1]):
            yield _Span(found.start(), found.end(), Mark(found[1], Form.TRAILER))


def _last_paragraph(visible: str) -> int:
    paragraph = 0
    for blank in _BLANK_LINE.finditer(visible, 0, len(visible.rstrip())):
        paragraph = blank.end()
    return paragraph


def _begins_line(body: str, position: int) -> bool:
    """Whether at most three blanks stand before it, as Markdown has it for what is no code."""
    before = body[max(0, position - 4) : position]
    return not before.rpartition("\n")[2].strip() and ("\n" in before or position < 4)


def _visible(body: str, spans: Iterable[_Span]) -> str:
    """The body with blanks, position by position, for all that is not the author's visible text."""
    pieces = []
    position = 0
    for span in spans:
        blanks = " " * (span.end - span.start)
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


def _close(text: str, newline: str) -> str:
    missing = ""
    for span in _spans(text):
        missing = span.open
    # The blank line keeps a `-->` from making a comment of a paragraph that only mentions `<!--`.
    return f"{text}{newline if missing else ''}{newline if missing == '-->' else ''}{missing}"
