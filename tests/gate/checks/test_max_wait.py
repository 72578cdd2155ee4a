"""Checks wait for an agent's run only so long, and the run goes on."""

import pytest
from shop import Shop

from asking import Ask, Time
from fake_github import FakeGitHub
from pr_sessions.core.gate import Why
from pr_sessions.core.runs import run_key
from pr_sessions.gate.wording import clock
from pr_sessions.render.assessment import lines, summary
from scene import minute

RUN = "session_01AbCdEfGhIjKlMnOpQrStUv"
BODY = f"Work\n\nhttps://claude.ai/code/{RUN}"
ITS_SESSION = f"claude-code-{run_key(RUN)[:10]}"
NUMBERS = (1, 2, 3)
WAITING, SUCCESS = ("queued", None, "waiting"), ("completed", "success", "ended")


@pytest.fixture
def shop(fake: FakeGitHub, ask: Ask, time: Time) -> Shop:
    return Shop(fake, ask, time)


def started(shop: Shop) -> list[str]:
    return [told["ref"].removeprefix("refs/heads/") for _, told in shop.fake.dispatched]


def test_a_run_with_breaks_of_45_minutes_is_one_session_and_each_wait_ends_after_30(shop: Shop) -> None:
    for number in NUMBERS:
        opened = 45 * (number - 1)
        sha = f"{number:040x}"
        shop.at(opened)
        event = shop.opened(number, body=BODY)
        assert shop.assessed(event).decision.skip
        assert f"They wait until {clock(minute(opened + 30))} if nothing" in summary(shop.assessed(event))
        shop.at(opened + 30)
        shop.swept()
        assert (shop.ours(sha), len(started(shop))) == (WAITING, number - 1)
        shop.at(opened + 31)
        assert [reason.why for reason in shop.assessed(event).decision.reasons] == [Why.QUIET]
        assert next(lines(shop.assessed(event), whole=False)) == (
            f"The checks of #{number} run at once: the agent's run in its session has been quiet for longer than"
            " gate.max_wait."
        )
        shop.swept()
        assert started(shop) == [f"work-{n}" for n in range(1, number + 1)]
        shop.ran(sha)
        shop.swept()
        assert shop.ours(sha) == SUCCESS

    view = shop.assessed(event).view
    assert view
    assert (view.session.id, view.session.prs, view.session.completion) == (ITS_SESSION, ("1", "2", "3"), None)
    assert len(started(shop)) == len(NUMBERS)


def test_a_session_without_a_run_ends_after_its_timeout(shop: Shop) -> None:
    event = shop.opened(1)
    shop.swept()
    shop.at(31)
    shop.swept()
    assert started(shop) == ["work-1"]
    assert [reason.why for reason in shop.assessed(event).decision.reasons] == [Why.COMPLETED]
