import pytest
from benchmarks.accuracy.known_sessions import hider, known, session_of
from msgspec import json

from pr_sessions.core.agents import Agent
from pr_sessions.core.models import PullRequest

ONE, OTHER = "59ccf78752e24c0fb00e28251c05eb82", "db1fe012fb034e1685b5e2e3a49cc96b"
ADDRESS = f"https://app.devin.ai/sessions/{ONE}"


def pr(body: str, **said: object) -> PullRequest:
    return PullRequest(number="O/R#7", body=body, **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"Link to Devin run: {ADDRESS}\n", ONE),
        (f"[run]({ADDRESS}) and again {ADDRESS.upper()}", ONE),
        (f"{ADDRESS} {ADDRESS.replace(ONE, OTHER)}", None),
        (f"https://app.devin.ai/sessions/{ONE}00", None),
        (f"https://app.devin.ai/sessions/{ONE[:31]}", None),
        (ONE, None),
        ("", None),
    ],
)
def test_the_truth_is_the_one_address_in_the_body(body: str, expected: str | None) -> None:
    assert session_of(pr(body)) == expected


def test_no_id_reaches_a_rule() -> None:
    dashed = f"{ONE[:8]}-{ONE[8:12]}-{ONE[12:16]}-{ONE[16:20]}-{ONE[20:]}"
    spots = (ONE, ONE.upper(), ONE[:8], ONE[:12], dashed, f"devin-{ONE}", f"x{ADDRESS}?a=b", OTHER, OTHER[:10])
    told = pr(
        f"{ADDRESS}\n" + "\n".join(spots) + f"\n\nSession-ID: {ONE}",
        title=f"Fix {ONE}",
        branch=f"devin/{ONE[:16]}",
        base=f"devin/{OTHER}",
        labels=(ONE,),
        commit_messages=(f"m\n\nLink to Devin run: {ADDRESS}", f"Devin-Session: {ONE}"),
        agents=(Agent("devin", runs=(ONE,)),),
    )

    cases = known([told, pr(f"https://app.devin.ai/sessions/{OTHER}")])

    seen = json.encode([case.seen for case in cases]).decode().casefold()
    assert [case.session for case in cases] == [f"o/r:{ONE}", f"o/r:{OTHER}"]
    assert [piece for name in (ONE, OTHER) for piece in (name[:8], name[8:12] + "-", name[20:]) if piece in seen] == []
    assert "devin.ai" not in seen


def test_the_author_s_words_stay() -> None:
    words = "Fixes #12 in 0123abcd, deadbeefdeadbeef and e59ccf7. Requested by: @ann"
    assert hider([ONE])(words) == words
