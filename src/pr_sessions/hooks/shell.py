"""Which programs a shell's command line really calls: quoted words, comments and here-documents are no calls.

This is no shell: it follows quotes, substitutions, here-documents and operators, within bounds. The parsers of shell
that exist cost more than a hook may take.
"""

from pr_sessions.hooks.programs import program, repeats

LONGEST = 64 * 1024
_DEEPEST = 12
_SHELLS = ("sh", "bash", "zsh", "dash", "ksh")
_LOOPS = ("for", "while", "until", "select")
_CONDITIONS = ("if", "case")
_ENDS = ("fi", "esac")


class Call:
    """One call of a program.

    Attributes:
        sign: the operator before it.
        words: the program's and its arguments; a NUL stands for a substitution.
        inside: the calls in its substitutions.
        captured: whether a substitution takes its output.
        dropped: whether its output goes to a file.
        merged: whether its errors go where its output goes.
        looped: whether it may run several times.
        conditional: whether it may not run at all, except for its sign.
    """

    __slots__ = ("captured", "conditional", "dropped", "inside", "looped", "merged", "sign", "words")

    def __init__(self, sign: str, words: list[str]) -> None:
        self.sign = sign
        self.words = words
        self.inside: list[Call] = []
        self.captured = self.dropped = self.merged = self.looped = self.conditional = False


def calls(text: str, depth: int = 0) -> list[Call]:
    """Return every call in a command line, in order; none where it is too long or too deep."""
    if len(text) > LONGEST or depth > _DEEPEST:
        return []
    reader = _Reader(text, depth)
    try:
        reader.read("")
    except RecursionError:
        return []
    flat: list[Call] = []
    for call in reader.calls:
        inner = _script_of(call.words)
        flat += [call] if inner is None else _in_place_of(call, calls(inner, depth + 1))
    return flat


def calls_of_list(words: list[str]) -> list[Call]:
    """Return the same for a command that comes as a list of words."""
    inner = _script_of(words)
    return calls(inner, 1) if inner is not None else [Call("", words)]


def _in_place_of(outer: Call, inner: list[Call]) -> list[Call]:
    """Return the calls of a script as parts of the command line that runs it."""
    for n, call in enumerate(inner):
        call.sign = call.sign if n else outer.sign
        for name in ("captured", "dropped", "merged", "looped", "conditional"):
            setattr(call, name, getattr(call, name) or getattr(outer, name))
    return inner


def _script_of(words: list[str]) -> str | None:
    """Return the script of `bash -c` or `eval`."""
    name, rest = program(words)
    if name == "eval":
        return " ".join(rest)
    if name not in _SHELLS:
        return None
    for place, word in enumerate(rest[:-1]):
        if not word.startswith("-"):
            return None
        if not word.startswith("--") and word.endswith("c"):
            return rest[place + 1]
    return None


class _Reader:
    """Read the text once."""

    def __init__(self, text: str, depth: int) -> None:
        self.text = text
        self.at = 0
        self.depth = depth
        self.calls: list[Call] = []
        self._bodies: list[str] = []
        self._loops = 0
        self._conditions = 0
        self._captures = 0
        self._call = Call("", [])

    def read(self, closing: str) -> None:
        """Read to the sign that closes this group, or to the end."""
        self.depth += 1
        if self.depth > _DEEPEST:
            self.at = len(self.text)
        outer, self._call = self._call, Call("", [])
        first = len(self.calls)
        word: str | None = None
        drops = False
        while self.at < len(self.text):
            c = self._next()
            if c == "\\" and self._peek() == "\n":
                self.at += 1
                continue
            part = self._part(c)
            if part is not None:
                word = (word or "") + part
                continue
            if c == "#" and word is None:
                self.at = self._find("\n")
                continue
            if c not in " \t\r\n;&|()<>`":
                word = (word or "") + c
                continue
            stream = self._end_word(word, c, drops=drops)
            drops = drops and word is None
            word = None
            if c == closing:
                break
            if c not in " \t\r":
                drops, first = self._operator(c, stream, first)
        if word is not None and not drops:
            self._call.words.append(word)
        self._end(first)
        self._call = outer
        self.depth -= 1

    def _end_word(self, word: str | None, c: str, *, drops: bool) -> str:
        """Add a word to the call; return the number of the stream that a redirection after it means."""
        if word is None:
            return "1"
        if c in "<>" and word.isdigit():
            return word
        if not drops:
            self._call.words.append(word)
        return "1"

    def _operator(self, c: str, stream: str, first: int) -> tuple[bool, int]:
        """Read an operator; return whether the next word is dropped, and where the calls inside of this one begin."""
        if c in "<>" or (c == "&" and self._peek() == ">"):
            return self._redirection(c, stream), first
        if c == "(":
            return False, self._group(first)
        self._end(first)
        self._call = Call(self._sign(c), [])
        return False, len(self.calls)

    def _group(self, first: int) -> int:
        """Read a group; return where the calls inside of what follows begin."""
        if self._peek() == ")" and self._call.words:
            # A function's head: its body may run any number of times.
            self._call.words = []
            self._loops += 1
            self.at += 1
            return first
        before = len(self.calls)
        self.read(")")
        if self._call.words and self._call.words[-1].endswith("="):
            del self.calls[before:]  # The values of a list are no calls.
        if self._call.words or before == len(self.calls):
            return first
        # The operator before a group is that of its first call.
        self.calls[before].sign = self._call.sign
        return len(self.calls)

    def _part(self, c: str) -> str | None:
        """Return the piece of a word that begins with a special character; `None` for any other character."""
        if c == "\\":
            return self._next()
        if c == "'":
            begin, end = self.at, self._find("'")
            self.at = end + 1
            return self.text[begin:end]
        if c == '"':
            return self._quoted()
        if c == "$" and self._peek() == "(":
            self.at += 1
            return self._substitution(")")
        if c == "`" and not self._closes_backquote:
            return self._substitution("`")
        return None

    _closes_backquote = False

    def _substitution(self, closing: str) -> str:
        outer, self._closes_backquote = self._closes_backquote, closing == "`"
        bodies, self._bodies = self._bodies, []
        self._captures += 1
        self.read(closing)
        self._captures -= 1
        self._bodies, self._closes_backquote = bodies, outer
        return "\0"

    def _quoted(self) -> str:
        text = ""
        while self.at < len(self.text) and (c := self._next()) != '"':
            if c == "\\":
                text += self._next()
            elif c == "$" and self._peek() == "(":
                self.at += 1
                text += self._substitution(")")
            elif c == "`" and not self._closes_backquote:
                text += self._substitution("`")
            else:
                text += c
        return text

    def _redirection(self, c: str, stream: str) -> bool:
        """Skip the operator; return whether the next word is a file's name and no argument."""
        if c == "<" and self.text.startswith("<", self.at) and not self.text.startswith("<<", self.at):
            self.at += 1
            self._bodies.append(self._delimiter())
            return False
        begin = self.at
        while self._peek() in ("<", ">", "&", "|") and self._peek():
            self.at += 1
        to_stream = c == ">" and self.text[begin : self.at] == "&"
        if self._peek() == "(":
            self.at += 1
            self._captures += c == "<"
            self.read(")")
            self._captures -= c == "<"
            return False
        if to_stream:
            self._call.merged = self._call.merged or stream == "2"
        elif c in ">&" and stream == "1":
            self._call.dropped = True
        return True

    def _delimiter(self) -> str:
        """Return the word that ends a here-document."""
        while self._peek() in ("-", " ", "\t") and self._peek():
            self.at += 1
        word = ""
        while (c := self._peek()) and c not in " \t\r\n;&|()<>":
            self.at += 1
            word += "" if c in "'\"\\" else c
        return word

    def _sign(self, c: str) -> str:
        if c == "\n":
            self._skip_bodies()
            return ";"
        if c in "&|" and self._peek() == c:
            self.at += 1
            return c + c
        if c == "|" and self._peek() == "&":
            self.at += 1
            if self.calls:
                self.calls[-1].merged = True
        return c

    def _skip_bodies(self) -> None:
        for delimiter in self._bodies:
            while self.at < len(self.text):
                end = self._find("\n")
                line, self.at = self.text[self.at : end].strip(), end + 1
                if line == delimiter:
                    break
        self._bodies = []

    def _end(self, first: int) -> None:
        """Add the call that was read; `first` is where the calls of its substitutions begin."""
        call = self._call
        if not call.words:
            return
        keyword = call.words[0]
        self._loops += keyword in _LOOPS
        self._conditions += keyword in _CONDITIONS
        call.inside = self.calls[first:]
        call.captured = self._captures > 0
        call.looped = self._loops > 0 or repeats(call.words)
        call.conditional = self._conditions > 0 or self._loops > 0
        self._loops -= keyword == "done" and self._loops > 0
        self._conditions -= keyword in _ENDS and self._conditions > 0
        self.calls.append(call)

    def _find(self, sign: str) -> int:
        place = self.text.find(sign, self.at)
        return len(self.text) if place < 0 else place

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _next(self) -> str:
        c = self._peek()
        self.at += 1
        return c
