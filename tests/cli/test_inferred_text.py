"""What `look` says of what is inferred, and of what git does not hold."""

from datetime import timedelta

import pytest
from click import unstyle

from pr_sessions.core.agents import Agent, Confidence, Role
from pr_sessions.core.explain import Explanation
from pr_sessions.core.inference import Learnt, Rule
from pr_sessions.core.models import Session
from pr_sessions.look.survey import PullRequestGroup, Survey, SurveyedPullRequest
from pr_sessions.render.inference import inferred_by
from pr_sessions.render.survey import survey_lines
from pr_sessions.render.table import plain_lines
from scene import START


@pytest.mark.parametrize(
    ("learnt", "text"),
    [
        (
            Learnt(rule=Rule.ONE_EACH, known=12),
            "  Inferred: one each, since 12 pull requests with a known run show too little.\n",
        ),
        (
            Learnt(rule=Rule.SCORED, known=400, figures={Rule.ONE_EACH: 0.34, Rule.BY_TIME: 0.444, Rule.SCORED: 0.48}),
            (
                "  Inferred by the rule that is right most often here: scored.\n"
                "  B-cubed F: one each 0.34, author and time 0.44, scored 0.48; of 400 with a known run.\n"
            ),
        ),
    ],
)
def test_it_is_said_by_which_rule_a_session_was_inferred(learnt: Learnt, text: str) -> None:
    assert "".join(f"{line}\n" for line in inferred_by(learnt)) == text


def one(number: str, session_id: str) -> SurveyedPullRequest:
    agents = (Agent("codex", Role.ASSISTED, Confidence.CERTAIN),)
    explanation = Explanation(number=number, agents=agents, session=Session(id=session_id))
    return SurveyedPullRequest(
        explanation=explanation,
        title=f"Part {number}",
        author="ada",
        opened=START,
        branch=None,
        base=None,
        files=(),
        merged=START + timedelta(minutes=5),
    )


def shown(**more: object) -> list[str]:
    prs = {number: one(number, f"s{number}") for number in "123"}
    groups = tuple(
        PullRequestGroup(session_id=f"s{n}", author="ada", started=START, latest=START, prs=(n,), review=(n,))
        for n in prs
    )
    known = {"repository": "shop", "read": 3, "pull_requests": prs, "sessions": groups, "days": (START.date(),)}
    return list(map(unstyle, plain_lines(survey_lines(Survey(**{**known, **more})))))


def test_bursts_of_several_sessions_are_labelled_as_inferred() -> None:
    lines = shown(bursts=(("1", "2"),))

    place = lines.index("Bursts with an agent, in several sessions, inferred from author and time")
    assert lines[place + 1 : place + 3] == ["  ada  #1-#2", ""]


def test_where_descriptions_are_missing_it_is_said_what_reads_them() -> None:
    command = "pr-sessions import --github ada/shop"
    signs = {"assisted": 1, "no_sign": 2}

    assert shown(undescribed=2, import_command=command, signs=signs)[3:5] == [
        "Git has no description of 2 without a sign. The forge may know more:",
        f"  {command}",
    ]
    assert not [line for line in shown(import_command=command) if command in line]
