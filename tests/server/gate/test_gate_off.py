"""One command switches the gate of an organisation off, and says what holds where the server is dead."""

import pytest

from pr_sessions.cli.gate_switch import WITHOUT_SERVER, switch_gate
from pr_sessions.errors import InvalidValue, PrSessionsError


def test_a_dead_server_is_named_with_what_holds_without_it() -> None:
    with pytest.raises(PrSessionsError, match=r"http://127\.0\.0\.1:1 does not answer: ConnectError") as error:
        switch_gate("ada", "http://127.0.0.1:1", off=True, environ={"PR_SESSIONS_TOKEN": "prs_x"})
    assert error.value.hint == WITHOUT_SERVER
    assert "prs_x" not in str(error.value)


@pytest.mark.parametrize(
    ("server", "environ"),
    [
        ("", {"PR_SESSIONS_TOKEN": "x"}),
        ("http://sessions.example.com", {"PR_SESSIONS_TOKEN": "x"}),
        ("https://x.example", {}),
    ],
)
def test_without_an_address_or_a_token_nothing_is_asked(server: str, environ: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        switch_gate("ada", server, off=True, environ=environ)
