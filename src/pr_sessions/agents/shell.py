"""Which programs a shell's command line really calls: quoted words, comments and here-documents are no calls.

Not a shell: it follows quotes, substitutions, here-documents and the signs between commands, within bounds.
"""

LONGEST = 64 * 1024
_DEEPEST = 12
_SHELLS = ("sh", "bash", "zsh", "dash", "ksh")
_BEFORE = ("if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "command", "exec", "nohup", "env")

# A call: the sign before it, and its words.
Call = tuple[str, list[str]]


def calls(text: str, depth: int = 0) -> list[Call]:
    """Every call in a command line, in order; none where it is too long or too deep."""
    if len(text) > LONGEST or depth > _DEEPEST:
        return []
    reader = _Reader(text, depth)
    try:
        reader.read("")
    except RecursionError:
        return []
    found: list[Call] = []
    for sign, words in reader.found:
        inner = _script_of(words)
        found += calls(inner, depth + 1) if inner is not None else [(sign, words)]
    return found


def calls_of_list(words: list[str]) -> list[Call]:
    """The same for a command that comes as a list of words."""
    inner = _script_of(words)
    return calls(inner, 1) if inner is not None else [("", words)]


def program(words: list[str]) -> tuple[str, list[str]]:
    """The program's plain name and its arguments, without assignments and words before it."""
    rest = list(words)
    while rest and (rest[0] in _BEFORE or _is_assignment(rest[0])):
        rest.pop(0)
    if not rest:
        return "", []
    name = rest[0].replace("\\", "/").rpartition("/")[2].lower().removesuffix(".exe")
    return name, rest[1:]


def _script_of(words: list[str]) -> str | None:
    """What `bash -c` is told to run."""
    name, rest = program(words)
    if name not in _SHELLS:
        return None
    for place, word in enumerate(rest[:-1]):
        if not word.startswith("-"):
            return None
        if not word.startswith("--") and word.endswith("c"):
            return rest[place + 1]
    return None


def _is_assignment(word: str) -> bool:
    name, given, _ = word.partition("=")
    return bool(given) and name.isidentifier()


class _Reader:
    """One pass over the text. A word that a substitution is part of holds a NUL in its place."""

    def __init__(self, text: str, depth: int) -> None:
        self.text = text
        self.at = 0
        self.depth = depth
        self.found: list[Call] = []
        self._bodies: list[str] = []

    def read(self, closing: str) -> None:
        """Up to the sign that closes this group, or the end."""
        self.depth += 1
        if self.depth > _DEEPEST:
            self.at = len(self.text)
        sign, words, word, drops = "", [], None, False
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
            if word is not None:
                words += [] if drops else [word]
                word, drops = None, False
            if c in "<>" or (c == "&" and self._peek() == ">"):
                drops = self._redirection(c)
            elif c == closing:
                break
            elif c == "(":
                self.read(")")
            elif c not in " \t\r":
                self._end(sign, words)
                sign, words = self._sign(c), []
        if word is not None and not drops:
            words.append(word)
        self._end(sign, words)
        self.depth -= 1

    def _part(self, c: str) -> str | None:
        """A piece of a word that is more than its own character; `None` if this is none."""
        if c == "\\":
            return self._next()
        if c == "'":
            return self._until("'")
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
        self.read(closing)
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

    def _until(self, sign: str) -> str:
        begin, end = self.at, self._find(sign)
        self.at = end + 1
        return self.text[begin:end]

    def _redirection(self, c: str) -> bool:
        """Whether the next word is a file's name, no argument."""
        if c == "<" and self.text.startswith("<", self.at) and not self.text.startswith("<<", self.at):
            self.at += 1
            self._bodies.append(self._delimiter())
            return False
        while self._peek() in ("<", ">", "&", "|") and self._peek():
            self.at += 1
        if self._peek() == "(":
            self.at += 1
            self.read(")")
            return False
        return True

    def _delimiter(self) -> str:
        """The word that ends a here-document."""
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
        return c

    def _skip_bodies(self) -> None:
        for delimiter in self._bodies:
            while self.at < len(self.text):
                end = self._find("\n")
                line, self.at = self.text[self.at : end].strip(), end + 1
                if line == delimiter:
                    break
        self._bodies = []

    def _end(self, sign: str, words: list[str]) -> None:
        if words:
            self.found.append((sign, words))

    def _find(self, sign: str) -> int:
        place = self.text.find(sign, self.at)
        return len(self.text) if place < 0 else place

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _next(self) -> str:
        c = self._peek()
        self.at += 1
        return c
