"""One file says how all repositories of an organisation are treated, and what is wrong with it by file and line."""

from datetime import timedelta

import pytest

from pr_sessions.config.file import parse
from pr_sessions.config.organisation import Effective, Mode, effective, mistake_lines, parse_organisation
from pr_sessions.core.policy import GateMode, Policy, Track

NAME = "ada/.github:.github/pr-sessions.yaml"
OWN = ".cursor/config/session_config.yaml"
FILE = """\
mode: advisory
settings:
  track: agents
  timeout_minutes: 20
repositories:
  shop:
    mode: enforce
    dispatch: true
    settings:
      gate.checks: [Tests]
      gate.workflow: ci.yml
  'legacy-*':
    mode: off
  'new-*':
    mode: shadow
    shadow_percent: 20
"""


def test_what_holds_everywhere_holds_for_a_repository_that_is_not_listed() -> None:
    assert of(FILE, "tools") == Effective(
        mode=Mode.ADVISORY,
        policy=Policy(track=Track.AGENTS, timeout=timedelta(minutes=20)),
        source=NAME,
    )


def test_a_listed_repository_adds_its_own_keys() -> None:
    assert of(FILE, "Shop") == Effective(
        mode=Mode.ENFORCE,
        dispatch=True,
        policy=Policy(
            track=Track.AGENTS,
            timeout=timedelta(minutes=20),
            gate=GateMode.ENFORCE,
            gate_checks=("Tests",),
            gate_workflow="ci.yml",
        ),
        source=NAME,
    )


def test_a_pattern_fits_many_repositories_and_a_whole_name_comes_first() -> None:
    text = FILE + "  legacy-but-alive:\n    mode: enforce\n"

    assert of(text, "legacy-shop").mode is Mode.OFF
    assert of(text, "legacy-but-alive").mode is Mode.ENFORCE


def test_shadow_is_of_a_share_of_pull_requests_and_decides_as_if_checks_waited() -> None:
    found = of(FILE, "new-shop")

    assert (found.mode, found.shadow_percent, found.policy.gate) == (Mode.SHADOW, 20, GateMode.ENFORCE)


def test_a_key_of_the_repository_holds_where_the_organisation_says_nothing() -> None:
    found = of(FILE, "tools", "timeout_minutes: 60\ngate.max_wait: 45\ngate: enforce\n")

    assert (found.policy.timeout, found.policy.gate_max_wait) == (timedelta(minutes=20), timedelta(minutes=45))
    assert (found.mode, found.policy.gate) == (Mode.ADVISORY, GateMode.ADVISORY)
    assert found.source == f"{OWN}, {NAME}"


@pytest.mark.parametrize(
    ("own", "mode"),
    [(None, Mode.OFF), ("track: agents\n", Mode.ADVISORY), ("gate: enforce\n", Mode.ENFORCE)],
)
def test_without_an_organisation_file_the_repository_decides(own: str | None, mode: Mode) -> None:
    assert effective(None, parse(own, OWN) if own is not None else None, "shop").mode is mode


def test_a_file_without_a_mode_leaves_it_to_the_setting_gate() -> None:
    assert of("settings:\n  gate: enforce\n", "shop").mode is Mode.ENFORCE
    assert of("settings:\n  track: agents\n", "shop", "gate: enforce\n").mode is Mode.ENFORCE


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("mode: on\n", "1: mode: must be off, shadow, advisory or enforce"),
        ("mode: loud\n", "1: mode: must be off, shadow, advisory or enforce"),
        ("\nshadow_percent: 0\n", "2: shadow_percent: must be a whole number from 1 to 100, not 0"),
        ("dispatch: maybe\n", "1: dispatch: must be true or false, not text"),
        ("settings: [track]\n", "1: settings: must be settings, each on a line of its own"),
        ("settings:\n  track: some\n", "2: track: must be opened or agents"),
        ("repositories: shop\n", "1: repositories: must be names of repositories, each with its keys, at most 5000"),
        ("repositories:\n  ada/shop:\n    mode: off\n", "2: no name of a repository: 'ada/shop'"),
        ("repositories:\n  shop: off\n", "2: shop: must have keys of its own, such as mode"),
        ("repositories:\n  shop: {mode: off}\n  Shop: {mode: off}\n", "3: 'Shop': stands here a second time"),
        ("mode: off\nmode: enforce\n", "2: 'mode': stands here a second time, first on line 1"),
        ("mode: [\n", "2: Invalid YAML: expected the node content, but found '<stream end>'"),
        ("a: &x 1\nb: *x\n", "2: Invalid YAML: aliases are not supported"),
    ],
)  # fmt: skip
def test_a_mistake_names_file_and_line(text: str, mistake: str) -> None:
    (line,) = mistake_lines(parse_organisation(text, NAME))
    assert line.split("; ")[0] == f"{NAME}:{mistake}"


def test_a_mistake_says_what_to_write_instead() -> None:
    (line,) = mistake_lines(parse_organisation("mode: loud\n", NAME))

    assert line == f"{NAME}:1: mode: must be off, shadow, advisory or enforce; shadow writes nothing to GitHub"


def test_where_there_is_a_mistake_nothing_of_the_settings_is_used() -> None:
    found = of("mode: enforce\nsettings:\n  timeout_minutes: 20\n  track: some\n", "shop")

    assert (found.mode, found.policy) == (Mode.ENFORCE, Policy())
    assert found.mistakes == (f"{NAME}:4: track: must be opened or agents",)


def test_a_mistake_below_a_repository_concerns_that_one_alone() -> None:
    text = "mode: enforce\nrepositories:\n  shop:\n    mode: loud\n"

    assert of(text, "tools").mistakes == ()
    assert of(text, "shop").mistakes == (f"{NAME}:4: mode: must be off, shadow, advisory or enforce",)


def test_a_mistake_of_the_repository_s_own_file_is_named_with_that_file() -> None:
    assert of(FILE, "tools", "\ntrack: some\n").mistakes == (f"{OWN}:2: track: must be opened or agents",)


def test_an_unknown_key_changes_nothing_and_is_named() -> None:
    parsed = parse_organisation(
        "modes: off\ntrack: agents\nrepositories:\n  shop:\n    settings:\n      trak: x\n", NAME
    )

    assert parsed.mistakes() == ()
    assert [(each.line, each.message, each.hint) for each in parsed.everywhere.unknown] == [
        (1, "unknown key 'modes': it changes nothing", "a newer pr-sessions may know it"),
        (2, "unknown key 'track': it changes nothing", "write it below settings"),
    ]
    (unknown,) = parsed.repositories["shop"].unknown
    assert (unknown.line, unknown.hint) == (6, "did you mean track?")


def test_a_file_for_thousands_of_repositories_is_read_and_one_without_bound_is_not() -> None:
    lines = [f"  shop-{number}: {{mode: off}}" for number in range(3000)]
    parsed = parse_organisation("\n".join(["repositories:", *lines]), NAME)

    assert (len(parsed.repositories), parsed.mistakes()) == (3000, ())
    (mistake,) = parse_organisation("a:\n" + "  - b\n" * 100_001, NAME).mistakes()
    assert mistake.message == "Invalid YAML: too many values"


def of(text: str, repository: str, own: str | None = None) -> Effective:
    return effective(parse_organisation(text, NAME), None if own is None else parse(own, OWN), repository)
