"""A history as forges and agents write it: squashes and merges with the trailers of several agents; always the same."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from random import Random

from benchmarks.accuracy.rebuilt import Row

FIRST = datetime(2026, 1, 5, 8, tzinfo=UTC)
PEOPLE = [(name, f"{name}@example.com") for name in ("ada", "bob", "cem", "dora", "eve")]
COPILOT = ("Copilot", "198982749+Copilot@users.noreply.github.com")
FORGE = ("GitHub", "noreply@github.com")
WORDS = [
    "add",
    "check",
    "fix",
    "move",
    "page",
    "list",
    "total",
    "order",
    "invoice",
    "index",
    "cache",
    "retry",
    "limit",
    "stream",
    "token",
    "field",
    "query",
    "row",
]
SCOPES = [f"{kind}-{part}" for kind in ("api", "billing", "cli", "search", "storage", "ui") for part in WORDS[:8]]
FOLDERS = ("src/core", "src/views", "tests", "docs/pages")
# In all 9,600, as many as the repositories of those have who work with many agents.
FILES = {
    s: [f"packages/{s}/{folder}/{w}_{n}.py" for folder in FOLDERS for w in WORDS[:10] for n in range(5)] for s in SCOPES
}
_AN_HOUR = 60

Person = tuple[str, str]


class History:
    """Commits, one after the other on the main branch or beside it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - a history, not a secret
        self.at = FIRST
        self.tip = ""
        self.made = 0
        self.sessions: dict[str, str] = {}

    def pull_request(self, number: int) -> Iterator[Row]:
        """Yield the commits that bring in a pull request: two in five by a merge, the others squashed."""
        self.at += timedelta(minutes=self.random.randint(1, 2 * _AN_HOUR))
        author, agent = self.random.choice(PEOPLE), self.random.choice((_claude, _claude, _copilot, _cursor, _nobody))
        scope = self.random.choice(SCOPES)
        title = f"{self.random.choice(('feat', 'fix', 'refactor'))}({scope}): {self.words(6)}"
        trailers = agent(self, author)
        opener = COPILOT if agent is _copilot else author
        if self.random.random() < 0.4:
            base = self.tip
            yield self.commit(
                opener, opener, f"{title}\n\n{self.prose(12)}\n\n{trailers}", self.some_files(scope), base
            )
            subject = f"Merge pull request #{number} from {author[0]}/work-{number}\n\n{title}"
            yield self.commit(author, FORGE, subject, (), base, self.tip)
            return
        steps = "\n\n".join(f"* {self.words(7)}\n\n{self.prose(8)}\n\n{trailers}" for _ in range(1 + number % 3))
        people = f"Co-authored-by: {author[0]} <{author[1]}>"
        message = f"{title} (#{number})\n\n{steps}\n\n---------\n\n{people}"
        yield self.commit(opener, FORGE, message, self.some_files(scope), self.tip)

    def commit(
        self, author: Person, committer: Person, message: str, files: tuple[tuple[str, str], ...], *parents: str
    ) -> Row:
        """Return the next commit, which is the tip from now on."""
        self.made += 1
        self.tip = sha1(b"%d" % self.made, usedforsecurity=False).hexdigest()
        before = tuple(filter(None, parents))
        return Row(self.tip, before, (*author, self.at), (*committer, self.at), message, files)

    def some_files(self, scope: str) -> tuple[tuple[str, str], ...]:
        """Return changed files, most of them of one package."""
        count = self.random.choice((1, 2, 4, 6, 10, 50))
        packages = [scope] * count + self.random.choices(SCOPES, k=count // 4)
        return tuple(("M", path) for path in sorted({self.random.choice(FILES[each]) for each in packages}))

    def words(self, count: int) -> str:
        return " ".join(self.random.choices(WORDS, k=count))

    def prose(self, lines: int) -> str:
        return "\n".join(f"- {self.words(10)}." for _ in range(lines))

    def session(self, author: str) -> str:
        """Return the id of an author's run, which goes on for some pull requests."""
        if author not in self.sessions or self.random.random() < 0.2:
            self.sessions[author] = f"{self.random.getrandbits(96):024x}"
        return self.sessions[author]


def commits(pull_requests: int) -> list[Row]:
    """Return the commits of so many pull requests, parents first."""
    history = History(seed=1)
    everything = tuple(("A", path) for paths in FILES.values() for path in paths)
    first = history.commit(PEOPLE[0], PEOPLE[0], "Begin", everything)
    return [first, *(row for number in range(1, pull_requests + 1) for row in history.pull_request(number))]


def _claude(history: History, author: Person) -> str:
    run = f"Claude-Session: https://claude.ai/code/session_{history.session(author[0])}"
    return f"Co-Authored-By: Claude <noreply@anthropic.com>\n{run}"


def _copilot(history: History, author: Person) -> str:
    run = f"{history.random.getrandbits(128):032x}"
    uuid = "-".join((run[:8], run[8:12], run[12:16], run[16:20], run[20:]))
    link = f"Agent-Logs-Url: https://github.com/ada/shop/sessions/{uuid}"
    return f"{link}\n\nCo-authored-by: {author[0]} <{author[1]}>"


def _cursor(_: History, __: Person) -> str:
    return "Co-authored-by: Cursor <cursoragent@cursor.com>"


def _nobody(history: History, author: Person) -> str:
    return f"Signed-off-by: {author[0]} <{author[1]}>" if history.random.random() < 0.5 else history.prose(2)
