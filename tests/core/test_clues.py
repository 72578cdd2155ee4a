from datetime import UTC, datetime

import pytest

from pr_sessions.core.clues import (
    AUTHORS,
    MOST_NEIGHBOURS,
    MOST_PATHS,
    NO_PATH,
    PATHS,
    PRIOR,
    REFERENCES,
    SCOPES,
    Clues,
    clues,
    compare,
    path_levels,
    score,
    weigh,
)
from pr_sessions.core.history import HistoricPullRequest
from pr_sessions.core.models import PullRequest
from strategies import at

DAY = 24 * 60


def clue(number: str = "1", minutes: float = 0, **values: object) -> Clues:
    return Clues(number=number, author="ada", at=at(minutes), has_agent=True, **values)  # type: ignore[arg-type]


def test_a_pull_request_of_the_past_gives_its_clues() -> None:
    when = datetime(2026, 11, 1, tzinfo=UTC)
    pull_request = PullRequest(
        number="7", title="fix(CLI, docs)!: say more (#3)", body="Closes #5, as #7 said, not #6a\n#5", author="ada"
    )
    historic = HistoricPullRequest(pull_request, "a1", when, ("README.md", "src/cli/main.py"), ("b2",), "squash")
    assert clues(historic, run="r", has_agent=True) == Clues(
        number="7",
        author="ada",
        at=when,
        has_agent=True,
        run="r",
        scopes=frozenset({"cli", "docs"}),
        paths=frozenset({"README.md", "/", "src/cli/main.py", "src/cli/"}),
        references=frozenset({"3", "5"}),
    )


@pytest.mark.parametrize(
    ("later", "signs"),
    [
        (clue("2", 5), ("within 5 minutes", AUTHORS[1], SCOPES[0], NO_PATH, REFERENCES[0])),
        (clue("2", 6), ("within 15 minutes", AUTHORS[1], SCOPES[0], NO_PATH, REFERENCES[0])),
        (clue("2", DAY), ("within a day", AUTHORS[1], SCOPES[0], NO_PATH, REFERENCES[0])),
        (clue("2", scopes=frozenset({"cli"})), ("within 5 minutes", AUTHORS[1], SCOPES[2], NO_PATH, REFERENCES[0])),
        (clue("2", scopes=frozenset({"docs"})), ("within 5 minutes", AUTHORS[1], SCOPES[1], NO_PATH, REFERENCES[0])),
        (clue("2", references=frozenset({"9"})), ("within 5 minutes", AUTHORS[1], SCOPES[0], NO_PATH, REFERENCES[1])),
        (clue("2", references=frozenset({"1"})), ("within 5 minutes", AUTHORS[1], SCOPES[0], NO_PATH, REFERENCES[2])),
        (clue("2", paths=frozenset({"a", "b"})), ("within 5 minutes", AUTHORS[1], SCOPES[0], PATHS[3], REFERENCES[0])),
    ],
)
def test_each_sign_has_its_condition(later: Clues, signs: tuple[str, ...]) -> None:
    first = clue(scopes=frozenset({"cli"}), paths=frozenset({"a", "b", "c"}), references=frozenset({"9"}))
    assert compare([first, later], {"a": 1, "b": 3, "c": 5}) == [[], [signs]]


def test_only_the_nearest_of_a_day_are_compared() -> None:
    far = [clue("1"), clue("2", DAY + 1)]
    crowd = [clue(str(number), number / 60) for number in range(1, MOST_NEIGHBOURS + 5)]
    assert [len(row) for row in compare(far, {})] == [0, 0]
    assert [len(row) for row in compare(crowd, {})] == [min(place, MOST_NEIGHBOURS) for place in range(len(crowd))]


def test_a_path_is_rarer_the_fewer_touch_it_and_one_that_most_or_only_one_touch_says_nothing() -> None:
    prs = [clue(str(n), paths=frozenset({"all", f"of 16: {n // 16}", f"of 4: {n // 4}", str(n)})) for n in range(64)]
    assert path_levels(prs) == {f"of 16: {n}": 1 for n in range(4)} | {f"of 4: {n}": 2 for n in range(16)}


def test_of_many_paths_the_rarest_are_compared() -> None:
    many = frozenset(str(n) for n in range(MOST_PATHS + 1))
    both = [clue("1", paths=many), clue("2", paths=many)]
    assert compare(both, {**dict.fromkeys(many, 0), "50": 4})[1][0][3] == PATHS[4]


def test_signs_weigh_by_how_much_more_often_they_stand_within_one_run() -> None:
    weights = weigh(
        {(("near", "x"), True): 8, (("far", "x"), True): 1, (("near", "x"), False): 1, (("far",), False): 8}
    )
    assert weights[PRIOR] == 0.0
    assert weights["near"] == -weights["far"] > 1
    assert score(("near", "never counted"), weights) == weights["near"]
    assert score(("near", "far"), weights) == 0.0
