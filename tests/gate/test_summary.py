"""The job summary, as it is read."""

from hypothesis import given
from msgspec.structs import replace

from assessments import assessed, pull, session, snapshot, viewed
from pr_sessions.core.gate import WORDS, Why
from pr_sessions.core.models import Completion
from pr_sessions.core.policy import GateMode, Policy
from pr_sessions.gate.event import Event
from pr_sessions.gate.status import Breach
from pr_sessions.render.assessment import MOST_LINES, MOST_ROWS, headline, summary
from rendering import HOSTILE, shown
from strategies import START

ENFORCE = Policy(gate=GateMode.ENFORCE, gate_checks=("test",), gate_workflow="ci.yml")


def test_what_would_have_waited_in_a_session_of_three() -> None:
    told = snapshot(pull(1, "auto-pr: login"), pull(2, "auto-pr: <b>"), pull(3, base="work-1"), _1="a.py", _2="a.py b")
    seen = viewed(told, session("1", "2", "3", agents=("claude-code", "codex")))

    assert summary(assessed(snapshot=told, view=seen)) == (
        "### The checks of #2 run; they could have waited for the end of its session\n"
        "\n"
        "Nothing speaks against waiting. `gate: advisory` skips nothing; with `gate: enforce` they would have waited.\n"
        "\n"
        "#### Session `bot-20251122-1000`\n"
        "\n"
        "3 pull requests by bot, 3 open. Agents: claude-code, codex. It runs out in 18 min, at 2025-11-22 10:38 UTC, if"
        " nothing more happens.\n"
        "\n"
        "To review, in this order:\n"
        "\n"
        "| Review | Title |\n"
        "| --- | --- |\n"
        "| #1 | auto-pr: login |\n"
        "| #2 | auto-pr: &lt;b&gt; |\n"
        "| #3 | auto-pr: 3 |\n"
        "\n"
        "Pairs that change the same files:\n"
        "\n"
        "- #1 and #2: `a.py`\n"
        "\n"
        "Each is built on the one before:\n"
        "\n"
        "- #1, #3\n"
        "\n"
        "7 requests to GitHub.\n"
    )


def test_every_reason_that_speaks_for_running() -> None:
    assessment = assessed(is_fork=True, is_auto=False, session_id=None, files=("src/`x`",), unknowns=("cut <off>",))

    assert summary(assessment) == (
        "### The checks of #2 run at once\n"
        "\n"
        "- Because not everything is known for sure: cut &lt;off&gt;\n"
        "- Because its branch lies in a fork, or nobody can tell where it lies\n"
        "- Because nothing says that it is automatic\n"
        "\n"
        "7 requests to GitHub.\n"
    )


def test_checks_that_wait_a_breached_budget_and_what_is_not_known() -> None:
    assessment = assessed(
        ENFORCE,
        breaches=(Breach("codex", 12, 10),),
        snapshot=replace(snapshot(), unknowns=("comments: more than 10 pages",)),
        requests=1,
    )

    assert summary(assessment) == (
        "### The checks of #2 wait for the end of its session\n"
        "\n"
        "Nothing speaks against waiting. They run when the session completes or runs out, when an agent's run in it is"
        " quiet for longer than `gate.max_wait`, and when the pull request is approved, is marked as ready for review"
        " or is set to merge by itself.\n"
        "\n"
        "#### Too many open pull requests\n"
        "\n"
        "- codex has 12 open pull requests; gate.open_budget allows 10\n"
        "\n"
        "#### Not known for sure\n"
        "\n"
        "- comments: more than 10 pages\n"
        "\n"
        "1 request to GitHub.\n"
    )


def test_a_doubt_is_told_once() -> None:
    assessment = assessed(unknowns=("twice",), snapshot=replace(snapshot(), unknowns=("twice", "once")))

    assert (summary(assessment).count("twice"), summary(assessment).count("once")) == (1, 2)


def test_of_many_doubts_one_is_a_reason_and_the_others_stand_below() -> None:
    assessment = assessed(unknowns=("down", "cut", "late"), snapshot=replace(snapshot(), unknowns=("down", "cut")))

    assert summary(assessment) == (
        "### The checks of #2 run at once\n"
        "\n"
        "- Because not everything is known for sure: down (and 2 more)\n"
        "\n"
        "#### Not known for sure\n"
        "\n"
        "- cut\n"
        "- late\n"
        "\n"
        "7 requests to GitHub.\n"
    )


def test_what_stands_on_its_own_is_told_beside_the_others() -> None:
    told = snapshot(pull(1), pull(2), pull(3), _1="a.py", _2="a.py", _3="b.py")
    seen = viewed(told, session("1", "2", "3"))

    assert (
        "| Review | Title |  |\n| --- | --- | --- |\n| #1 | auto-pr: 1 |  |\n| #2 | auto-pr: 2 |  |\n"
        "| #3 | auto-pr: 3 | on its own |\n"
    ) in summary(assessed(snapshot=told, view=seen))


def test_a_session_that_has_completed() -> None:
    ended = session("2", completion=Completion(START, "explicit_marker: /complete-session"))
    text = summary(assessed(is_session_active=False, trigger="timeout", view=viewed(snapshot(), ended)))

    assert "- Because its session does not go on: timeout\n" in text
    assert "It completed: 2025-11-22 10:00 UTC, by `/complete-session`.\n" in text


def test_an_event_without_a_pull_request() -> None:
    assert headline(assessed(event=Event(), number="", session_id=None)) == "The checks run at once"


def test_a_session_of_hundreds_is_cut() -> None:
    numbers = [str(n) for n in range(1, 301)]
    told = snapshot(*(pull(int(n)) for n in numbers), **{f"_{n}": f"f{int(n) // 2}" for n in numbers})
    lines = summary(assessed(snapshot=told, view=viewed(told, session(*numbers)))).splitlines()

    assert len([line for line in lines if line.startswith("| #")]) == MOST_ROWS
    assert len([line for line in lines if line.startswith("- #")]) == MOST_LINES
    assert ("|  | and 250 more |  |" in lines, "- and 129 more" in lines) == (True, True)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_whatever_people_write_it_has_the_same_parts(title: str, doubt: str, trigger: str) -> None:
    def kinds(title: str, doubt: str, trigger: str) -> list[str]:
        told = snapshot(pull(2, f"t{title}"))
        ended = session("2", completion=Completion(START, f"t{trigger}"))
        assessment = assessed(snapshot=told, unknowns=(f"d{doubt}",), view=viewed(told, ended))
        return shown(summary(assessment))[0]

    assert kinds(title, doubt, trigger) == kinds("x", "x", "x")


def test_every_reason_has_words() -> None:
    assert set(WORDS) == set(Why)
