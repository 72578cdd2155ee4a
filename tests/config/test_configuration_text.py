import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pr_sessions.config.file import parse
from pr_sessions.config.schema import RULES
from pr_sessions.config.template import initial_text, local_time_zone, with_setting
from pr_sessions.core.policy import Commenting, GateMode, OverBudget, Policy, Share
from pr_sessions.errors import InvalidConfiguration, InvalidValue


def test_a_first_configuration_sets_only_what_depends_on_the_place() -> None:
    parsed = parse(initial_text("Asia/Tokyo", Share.LOCAL), "c.yaml")
    assert parsed.policy == Policy(time_zone="Asia/Tokyo", share=Share.LOCAL)
    assert parsed.origins.keys() == {"time_zone", "share"}
    assert parsed.mistakes == ()


def test_every_other_setting_stands_there_as_a_comment_with_its_default() -> None:
    active = re.sub(r"(?m)^# (?=[a-z_.]+:( ([0-9a-z-]+|\[\]))?$|  - )", "", initial_text("UTC", Share.COMMIT))
    parsed = parse(active, "c.yaml")
    assert parsed.policy == Policy()
    assert parsed.origins.keys() == RULES.keys()
    assert parsed.mistakes == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "share: local\n"),
        ("# only this", "# only this\nshare: local\n"),
        ("---\n", "---\nshare: local\n"),
        ("share: commit", "share: local"),
        ("share:\ntime_zone: UTC\n", "share: local\ntime_zone: UTC\n"),
        ("share: 'commit'   # why\r\n\r\ntime_zone: UTC\r\n", "share: local   # why\r\n\r\ntime_zone: UTC\r\n"),
        ("share: |\n  commit\ntime_zone: UTC\n", "share: local\ntime_zone: UTC\n"),
        ("\ufeffshare: commit\n", "\ufeffshare: local\n"),
        ("🤖: é\nshare: commit\n", "🤖: é\nshare: local\n"),
        ("# share: commit\r\ntime_zone: UTC", "# share: commit\r\ntime_zone: UTC\r\nshare: local\r\n"),
        ("  time_zone: UTC\n", "  time_zone: UTC\n  share: local\n"),
        ("{share: commit, minimal_metadata: true}\n", "{share: local, minimal_metadata: true}\n"),
        ("auto_pr_patterns:\n- '^share: x'\n", "auto_pr_patterns:\n- '^share: x'\nshare: local\n"),
    ],
)
def test_setting_a_key_leaves_everything_else_as_it_is(before: str, after: str) -> None:
    assert with_setting(before, "share", "local") == after


LINES = [
    "# note",
    "",
    "time_zone: 'UTC' # zone",
    "minimal_metadata:   true",
    "auto_pr_patterns:\n  - '^x'",
    "other: [a, b]",
]


@given(st.lists(st.sampled_from(LINES), unique=True), st.integers(0, 5), st.sampled_from(["\n", "\r\n"]))
def test_a_key_is_replaced_in_its_own_line_alone(lines: list[str], place: int, newline: str) -> None:
    def text(value: str) -> str:
        return newline.join([*lines[:place], f"share: {value}  # kept", *lines[place:]]).replace("\n", newline)

    assert with_setting(text("commit"), "share", "local") == text("local")


@pytest.mark.parametrize(
    ("key", "value", "field", "told"),
    [
        ("gate", "enforce", "gate", GateMode.ENFORCE),
        ("gate.workflow", "ci.yml", "gate_workflow", "ci.yml"),
        ("gate.open_budget", "12", "open_budget", 12),
        ("gate.over_budget", "fail", "over_budget", OverBudget.FAIL),
        ("comment", "never", "comment", Commenting.NEVER),
    ],
)
@pytest.mark.parametrize("before", ["", "# gate: advisory\n", "gate.checks: [test]\n"])
def test_a_setting_of_the_gate_is_read_as_it_was_set(
    before: str, key: str, value: str, field: str, told: object
) -> None:
    after = with_setting(before, key, value)
    assert parse(after, "c.yaml").policy == replace(parse(before, "c.yaml").policy, **{field: told})
    assert with_setting(after, key, value) == after


def test_a_key_with_a_dot_is_not_the_key_before_the_dot() -> None:
    text = "gate.workflow: ci.yml\ngate: advisory\n"
    assert with_setting(text, "gate", "enforce") == "gate.workflow: ci.yml\ngate: enforce\n"
    assert with_setting(text, "gate.workflow", "off") == "gate.workflow: off\ngate: advisory\n"


@pytest.mark.parametrize(
    "text",
    ["{time_zone: UTC}\n", "time_zone: UTC\n...\n", "share: [commit]\n", "share:\n  a: b\n", "- a\n", "a: [\n"],
)
def test_a_file_that_cannot_be_amended_is_left_to_its_owner(text: str) -> None:
    with pytest.raises(InvalidConfiguration) as raised:
        with_setting(text, "share", "local")
    assert raised.value.hint == "write `share: local` into it yourself"


@pytest.mark.parametrize("value", ["", "a: b", "a\nb", "# x", "[a]", "'a'", "*a"])
def test_a_value_that_would_need_quotes_is_refused(value: str) -> None:
    with pytest.raises(InvalidValue):
        with_setting("", "share", value)


@pytest.mark.parametrize(
    ("variable", "zone"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        (":Asia/Tokyo", "Asia/Tokyo"),
        ("/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        ("CET-1CEST", "UTC"),
        ("../../etc/passwd", "UTC"),
    ],
)
def test_the_time_zone_is_what_the_environment_names(variable: str, zone: str) -> None:
    assert local_time_zone({"TZ": variable}) == zone


def test_the_machines_time_zone_is_one_that_a_configuration_accepts() -> None:
    zone = local_time_zone({})
    assert parse(f"time_zone: {zone}", "c.yaml").policy.time_zone == zone
