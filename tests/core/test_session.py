"""What a session is asked about itself."""

from hypothesis import given

from examples import few
from pr_sessions.core.models import Session
from strategies import NUMBERS, sessions


@few
@given(sessions(), NUMBERS)
def test_a_pull_request_is_listed_where_it_is_one_of_all(session: Session, other: str) -> None:
    numbers = {other, *session.carried, *session.elsewhere, *session.pull_requests}

    assert {number for number in numbers if session.lists(number)} == set(session.prs)
