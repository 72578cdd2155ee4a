from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pr_sessions.config.file import (
    Mistake,
    Note,
    Parsed,
    effective,
    notes,
    parse,
    read,
    unknown_settings,
    valid_policy,
)
from pr_sessions.config.schema import RULES
from pr_sessions.core.policy import Commenting, GateMode, Marking, OverBudget, People, Policy, Share, Track
from pr_sessions.errors import InvalidConfiguration, UnreadableFile
from pr_sessions.io.places import Place
from scene import place

EVERYTHING = """\
timeout_minutes: 45
idle_warning_minutes: 7.5
auto_pr_patterns:
  - '^bot:'
completion_markers: [ship it, Finished]
loose_completion_markers: true
min_files_for_manual: 0
enable_timeout_completion: false
enable_heuristic_completion: true
enable_heuristic_detection: true
time_zone: Europe/Berlin
track: agents
people: hidden
share: local
sync_branch: data/sessions
keep_days: 90
minimal_metadata: true
signatures: ['acme branch acme/']
signatures_off: [codex/branch]
mark: body
hooks.ask_forge: true
gate: enforce
gate.always:
  - 'infra/**'
gate.checks: [test (3.13), Lint / types]
gate.workflow: ci.yml
gate.assisted: true
gate.max_wait: 45
gate.open_budget: 12
gate.over_budget: fail
gate.dashboard: true
comment: never
"""
EVERYTHING_POLICY = Policy(
    timeout=timedelta(minutes=45),
    idle_warning=timedelta(minutes=7.5),
    auto_pr_patterns=("^bot:",),
    completion_markers=("ship it", "Finished"),
    loose_completion_markers=True,
    min_files_for_manual=0,
    enable_timeout_completion=False,
    enable_heuristic_completion=True,
    enable_heuristic_detection=True,
    time_zone="Europe/Berlin",
    track=Track.AGENTS,
    people=People.HIDDEN,
    share=Share.LOCAL,
    sync_branch="data/sessions",
    keep_days=90,
    minimal_metadata=True,
    team_signatures=("acme branch acme/",),
    signatures_off=("codex/branch",),
    mark=Marking.BODY,
    ask_forge=True,
    gate=GateMode.ENFORCE,
    gate_always=("infra/**",),
    gate_checks=("test (3.13)", "Lint / types"),
    gate_workflow="ci.yml",
    gate_assisted=True,
    gate_max_wait=timedelta(minutes=45),
    open_budget=12,
    over_budget=OverBudget.FAIL,
    dashboard=True,
    comment=Commenting.NEVER,
)


def places(text: str) -> list[tuple[int, str]]:
    return [(mistake.line, mistake.key) for mistake in parse(text, "c.yaml").mistakes]


def test_every_key_becomes_its_field_and_keeps_its_line() -> None:
    origins = dict(zip(RULES, [1, 2, 3, *range(5, 24), *range(25, 33)], strict=True))
    assert parse(EVERYTHING, "c.yaml") == Parsed(EVERYTHING_POLICY, origins, (), "c.yaml")


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "---\n", "{}", "\ufeff# x\n"])
def test_a_file_that_says_nothing_is_all_defaults(text: str) -> None:
    assert parse(text, "c.yaml") == Parsed(Policy(), name="c.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("timeout_minutes: '30'", "timeout_minutes: must be a number of minutes, not text"),
        ("timeout_minutes: true", "timeout_minutes: must be a number of minutes, not true or false"),
        ("timeout_minutes:", "timeout_minutes: must be a number of minutes, not nothing"),
        ("timeout_minutes: [30]", "timeout_minutes: must be a number of minutes, not a list"),
        ("timeout_minutes: 1:30", "timeout_minutes: must be a number of minutes, not this kind of value"),
        ("timeout_minutes: 0x20", "timeout_minutes: must be a number of minutes, not this kind of value"),
        ("timeout_minutes: .nan", "timeout_minutes: must be a number of minutes, not this kind of value"),
        ("timeout_minutes: 4.9", "timeout_minutes: must be from 5 to 120 minutes, not 4.9"),
        ("timeout_minutes: 121", "timeout_minutes: must be from 5 to 120 minutes, not 121"),
        ("timeout_minutes: -30", "timeout_minutes: must be from 5 to 120 minutes, not -30"),
        ("idle_warning_minutes: 0", "idle_warning_minutes: must be more than 0 minutes, not 0"),
        ("idle_warning_minutes: 30", "idle_warning_minutes: must be less than timeout_minutes, which is 30"),
        ("idle_warning_minutes: soon", "idle_warning_minutes: must be a number of minutes, not text"),
        ("min_files_for_manual: -1", "min_files_for_manual: must be 0 or more, not -1"),
        ("min_files_for_manual: 1.5", "min_files_for_manual: must be a whole number, not 1.5"),
        ("min_files_for_manual: yes", "min_files_for_manual: must be a whole number, not true or false"),
        ("keep_days: 0", "keep_days: must be from 1 to 36500 days, not 0"),
        ("keep_days: -30", "keep_days: must be from 1 to 36500 days, not -30"),
        ("keep_days: 40000", "keep_days: must be from 1 to 36500 days, not 40000"),
        ("keep_days: 1.5", "keep_days: must be a whole number of days, or off, not 1.5"),
        ("keep_days: on", "keep_days: must be a whole number of days, or off, not true or false"),
        ("minimal_metadata: 1", "minimal_metadata: must be true or false, not 1"),
        ("minimal_metadata: 'true'", "minimal_metadata: must be true or false, not text"),
        ("mark: off", "mark: must be none or body"),
        ("hooks.ask_forge: maybe", "hooks.ask_forge: must be true or false, not text"),
        ("mark: title", "mark: must be none or body"),
        ("mark: [body]", "mark: must be none or body"),
        ("completion_markers: done", "completion_markers: must be a list, not text"),
        ("completion_markers: {a: b}", "completion_markers: must be a list, not this kind of value"),
        ("completion_markers: ['']", "completion_markers: empty item"),
        ("completion_markers: [' ']", "completion_markers: empty item"),
        ("completion_markers: [~]", "completion_markers: empty item"),
        ("completion_markers: [30]", "completion_markers: 30 where text belongs"),
        ("completion_markers: [[x]]", "completion_markers: a list where text belongs"),
        ('completion_markers: ["a\\nb"]', "completion_markers: control character in 'a\\nb'"),
        ('completion_markers: ["\\uD800"]', "completion_markers: control character in '\\ud800'"),
        (f"completion_markers: [{'x' * 101}]", "completion_markers: item of 101 characters, more than 100"),
        (f"completion_markers: [{'x,' * 101}]", "completion_markers: 101 items, more than 100"),
        ("auto_pr_patterns: ['']", "auto_pr_patterns: empty item"),
        (f"auto_pr_patterns: [{'x' * 501}]", "auto_pr_patterns: item of 501 characters, more than 500"),
        ("time_zone: Europe/Berln", "time_zone: no time zone is named 'Europe/Berln'"),
        ("time_zone: europe/berlin", "time_zone: no time zone is named 'europe/berlin'"),
        ("time_zone: ../../etc/passwd", "time_zone: no time zone is named '../../etc/passwd'"),
        ("time_zone: 2", "time_zone: must be the name of a time zone, not 2"),
        ("share: team", "share: must be commit, branch or local"),
        ("share: [commit]", "share: must be commit, branch or local"),
        ('share: "\\uD800"', "share: must be commit, branch or local"),
        ('gate.workflow: "\\uD800"', "gate.workflow: must be the name of a workflow's file"),
        ('time_zone: "\\uD800"', "time_zone: no time zone is named '\\ud800'"),
        ("sync_branch: 3", "sync_branch: must be the name of a branch, not 3"),
        ("sync_branch: ../main", "sync_branch: not a branch name: '../main'"),
        ("sync_branch: '-f'", "sync_branch: not a branch name: '-f'"),
        ("signatures: acme", "signatures: must be a list, not text"),
        ("signatures: [acme]", "signatures: no signature: 'acme'"),
        ("signatures: ['acme branch']", "signatures: no signature: 'acme branch'"),
        ("signatures: ['Acme branch acme/']", "signatures: no signature: 'Acme branch acme/'"),
        ("signatures: ['acme brnch acme/']", "signatures: no kind of signature: 'brnch'"),
        ("signatures: ['acme branch a']", "signatures: 'a' would fit too much"),
        ("signatures: ['acme body {id}']", "signatures: '{id}' would fit too much"),
        ("signatures: ['acme body https://a.dev/{run}']", "signatures: no place for an id: {run}"),
        (
            "signatures: ['acme body https://a.dev/{id']",
            "signatures: 'https://a.dev/{id' holds a brace that is not closed",
        ),
        ("signatures: ['acme author a b']", "signatures: no account: 'a b'"),
        ("signatures: ['acme trailer Acme']", "signatures: no trailer: 'Acme'"),
        ("signatures: ['acme title x']", "signatures: 'x' would fit too much"),
        (
            "signatures: ['acme co-author x@users.noreply.github.com']",
            "signatures: users.noreply.github.com is everybody's address",
        ),
        ("signatures_off: [codex/brunch]", "signatures_off: no signature is named 'codex/brunch'"),
        ("signatures_off: [3]", "signatures_off: 3 where text belongs"),
        ("gate: strict", "gate: must be advisory or enforce"),
        ("gate: Enforce", "gate: must be advisory or enforce"),
        ("gate: {always: []}", "gate: must be advisory or enforce"),
        ("gate.always: .github/**", "gate.always: must be a list, not text"),
        ("gate.always: ['']", "gate.always: empty item"),
        ("gate.always: [/src/**]", "gate.always: no path: '/src/**'"),
        ("gate.always: ['!docs/**']", "gate.always: no path: '!docs/**'"),
        ("gate.always: ['src\\**']", "gate.always: no path: 'src\\\\**'"),
        ("gate.always: ['*/*/*/*/*/*/*/*/*']", "gate.always: no path: '*/*/*/*/*/*/*/*/*'"),
        (f"gate.always: [{'x' * 501}]", "gate.always: item of 501 characters, more than 500"),
        (f"gate.always: [{'x,' * 101}]", "gate.always: 101 items, more than 100"),
        ("gate.checks: test", "gate.checks: must be a list, not text"),
        ("gate.checks: [1]", "gate.checks: 1 where text belongs"),
        (f"gate.checks: [{'x' * 101}]", "gate.checks: item of 101 characters, more than 100"),
        (f"gate.checks: [{'x,' * 101}]", "gate.checks: 101 items, more than 100"),
        ("gate.workflow: ci", "gate.workflow: must be the name of a workflow's file"),
        ("gate.workflow: .github/workflows/ci.yml", "gate.workflow: must be the name of a workflow's file"),
        ("gate.workflow: ../ci.yml", "gate.workflow: must be the name of a workflow's file"),
        ("gate.workflow: on", "gate.workflow: must be the name of a workflow's file"),
        ("gate.workflow: [ci.yml]", "gate.workflow: must be the name of a workflow's file"),
        ("gate.workflow: 7", "gate.workflow: must be the name of a workflow's file"),
        ("gate.workflow:", "gate.workflow: must be the name of a workflow's file"),
        ("track: all", "track: must be opened or agents"),
        ("people: nobody", "people: must be shown or hidden"),
        ("gate.assisted: agents", "gate.assisted: must be true or false, not text"),
        ("gate.max_wait: 4", "gate.max_wait: must be from 5 to 1440 minutes, not 4"),
        ("gate.max_wait: 1441", "gate.max_wait: must be from 5 to 1440 minutes, not 1441"),
        ("gate.max_wait: off", "gate.max_wait: must be a number of minutes, not true or false"),
        ("gate.open_budget: 0", "gate.open_budget: must be from 1 to 100000, not 0"),
        ("gate.open_budget: -1", "gate.open_budget: must be from 1 to 100000, not -1"),
        ("gate.open_budget: 100001", "gate.open_budget: must be from 1 to 100000, not 100001"),
        ("gate.open_budget: 1.5", "gate.open_budget: must be a whole number, or off, not 1.5"),
        ("gate.open_budget: '12'", "gate.open_budget: must be a whole number, or off, not text"),
        ("gate.open_budget: on", "gate.open_budget: must be a whole number, or off, not true or false"),
        ("gate.over_budget: error", "gate.over_budget: must be warn or fail"),
        ("gate.over_budget: off", "gate.over_budget: must be warn or fail"),
        ("gate.dashboard: on and off", "gate.dashboard: must be true or false, not text"),
        ("comment: always", "comment: must be auto or never"),
        ("comment: off", "comment: must be auto or never"),
        ("? [a, b]\n: 3", "the name of a setting must be a text"),
        ("share: local\nshare: local", "share: stands here a second time, first on line 1"),
        ("- share", "Invalid YAML: expected `key: value` lines"),
        ("share", "Invalid YAML: expected `key: value` lines"),
    ],
)
def test_a_mistake_is_named_and_leaves_the_default(text: str, message: str) -> None:
    parsed = parse(text, "c.yaml")
    assert [mistake.message for mistake in parsed.mistakes] == [message]
    assert (parsed.policy, parsed.origins) == (Policy(), {})


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("gate: advisory", "gate", GateMode.ADVISORY),
        ("gate: 'enforce'", "gate", GateMode.ENFORCE),
        ("gate.always: []", "gate_always", ()),
        ("gate.always: ['**/*.lock', 'a b/*.txt']", "gate_always", ("**/*.lock", "a b/*.txt")),
        ("gate.always: ['*/*/*/*/*/*/*/*']", "gate_always", ("*/*/*/*/*/*/*/*",)),
        (f"gate.always: [{'x,' * 100}]", "gate_always", ("x",) * 100),
        (f"gate.always: [{'x' * 500}]", "gate_always", ("x" * 500,)),
        (f"gate.checks: [{'x' * 100}]", "gate_checks", ("x" * 100,)),
        (f"gate.checks: [{'x,' * 100}]", "gate_checks", ("x",) * 100),
        ("gate.checks: ['tests / Python 3.13 (ubuntu)']", "gate_checks", ("tests / Python 3.13 (ubuntu)",)),
        ("gate.workflow: CI_all-1.2.yaml", "gate_workflow", "CI_all-1.2.yaml"),
        ("gate.workflow: off", "gate_workflow", None),
        ("track: opened", "track", Track.OPENED),
        ("people: shown", "people", People.SHOWN),
        ("gate.assisted: false", "gate_assisted", False),
        ("gate.max_wait: 7.5", "gate_max_wait", timedelta(minutes=7.5)),
        ("gate.open_budget: 1", "open_budget", 1),
        ("gate.open_budget: 100000", "open_budget", 100_000),
        ("gate.open_budget: off", "open_budget", None),
        ("gate.over_budget: warn", "over_budget", OverBudget.WARN),
        ("gate.dashboard: true", "dashboard", True),
        ("comment: auto", "comment", Commenting.AUTO),
    ],
)
def test_a_setting_of_the_gate_becomes_its_field(text: str, field: str, value: object) -> None:
    parsed = parse(text, "c.yaml")
    assert (parsed.mistakes, parsed.policy) == ((), msgspec.structs.replace(Policy(), **{field: value}))


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            "# ours\ngate: strict\n",
            Mistake(
                2,
                "gate",
                "gate: must be advisory or enforce",
                "advisory: checks run, and a report says which could wait; enforce: they wait",
            ),
        ),
        (
            "gate:\n  checks: [Tests]\n",
            Mistake(
                2,
                "gate",
                "gate: must be advisory or enforce",
                "its settings are flat: write gate.checks and the others each on a line of its own",
            ),
        ),
        (
            "gate.always:\n  - 'src/**'\n  - '/docs'\n",
            Mistake(
                3,
                "gate.always",
                "gate.always: no path: '/docs'",
                "write it from the repository's root, such as infra/** or **/*.lock",
            ),
        ),
        (
            "gate.checks:\n  - test\n  - 3\n",
            Mistake(3, "gate.checks", "gate.checks: 3 where text belongs", "put the item in single quotes"),
        ),
        (
            "gate.workflow: a/ci.yml\n",
            Mistake(
                1,
                "gate.workflow",
                "gate.workflow: must be the name of a workflow's file",
                "such as ci.yml, without a folder",
            ),
        ),
        (
            "gate.open_budget: 0\n",
            Mistake(
                1, "gate.open_budget", "gate.open_budget: must be from 1 to 100000, not 0", "off allows any number"
            ),
        ),
        (
            "gate.open_budget: many\n",
            Mistake(
                1,
                "gate.open_budget",
                "gate.open_budget: must be a whole number, or off, not text",
                "write it plainly, such as 10, without quotes",
            ),
        ),
        (
            "gate.over_budget: stop\n",
            Mistake(
                1,
                "gate.over_budget",
                "gate.over_budget: must be warn or fail",
                "warn: a report names it; fail: the gate's job fails",
            ),
        ),
        (
            "comment: yes\n",
            Mistake(
                1,
                "comment",
                "comment: must be auto or never",
                "auto: where a session has two or more pull requests; never: only the job's summary",
            ),
        ),
    ],
)
def test_a_mistake_about_the_gate_has_its_line_and_a_way_out(text: str, mistake: Mistake) -> None:
    assert parse(text, "c.yaml").mistakes == (mistake,)


@pytest.mark.parametrize("pattern", ["(a", "a(?=b)", r"(a)\1", "^"])
def test_a_pattern_that_is_refused_is_a_mistake_on_its_own_line(pattern: str) -> None:
    assert places(f"auto_pr_patterns:\n  - '^ok'\n  - '{pattern}'\n") == [(3, "auto_pr_patterns")]


def test_a_pattern_that_takes_other_engines_minutes_is_fine() -> None:
    assert parse("auto_pr_patterns: ['^(a+)+$']", "c.yaml").policy.auto_pr_patterns == ("^(a+)+$",)


def test_all_mistakes_are_found_at_once_in_the_order_of_their_lines() -> None:
    text = "share: team\nmark: 1\nauto_pr_patterns:\n  - ''\n  - '^ok'\n  - 3\ntimeout_minutes: 0\nshare: local\n"
    assert places(text) == [
        (1, "share"),
        (2, "mark"),
        (4, "auto_pr_patterns"),
        (6, "auto_pr_patterns"),
        (7, "timeout_minutes"),
        (8, "share"),
    ]


def test_good_settings_count_beside_mistaken_ones() -> None:
    parsed = parse("share: team\ntimeout_minutes: 60\n", "c.yaml")
    assert (parsed.policy, parsed.origins) == (Policy(timeout=timedelta(hours=1)), {"timeout_minutes": 2})


NEWER = "a newer pr-sessions may know it; `pr-sessions config` lists what this one knows"


@pytest.mark.parametrize(
    ("key", "shown", "hint"),
    [
        ("timeout_minute", "'timeout_minute'", "did you mean timeout_minutes?"),
        ("Share", "'Share'", "did you mean share?"),
        ("gate.check", "'gate.check'", "did you mean gate.checks?"),
        ("zzz", "'zzz'", NEWER),
        ('"\\e[31m"', "'\\x1b[31m'", NEWER),
        ("z" * 200, f"'{'z' * 60}...'", NEWER),
    ],
)
def test_an_unknown_setting_is_no_mistake_and_answered_with_the_nearest_one(key: str, shown: str, hint: str) -> None:
    parsed = parse(f"share: local\n{key}: 30\n", "c.yaml")
    (setting,) = parsed.unknown
    assert (setting.line, setting.message, setting.hint) == (2, f"unknown setting {shown}: it changes nothing", hint)
    assert (parsed.mistakes, parsed.policy, valid_policy(parsed)) == ((), Policy(share=Share.LOCAL), parsed.policy)
    assert notes(parsed) == (Note(2, f"{setting.message}; {hint}"),)


def test_an_unknown_setting_does_not_hide_a_mistake() -> None:
    parsed = parse("later: 1\nshare: team\nlater: 2\n", "c.yaml")
    assert [(one.line, one.key) for one in parsed.unknown] == [(1, "later")]
    assert [(one.line, one.key) for one in parsed.mistakes] == [(2, "share")]


def test_of_many_unknown_settings_twenty_are_said_and_how_many_more_there_are() -> None:
    said = unknown_settings(parse("\n".join(f"zz{number}: 1" for number in range(22)), "c.yaml"))
    assert (said[0], said[19][0], said[20:]) == (
        ("c.yaml:1: unknown setting 'zz0': it changes nothing", NEWER),
        "c.yaml:20: unknown setting 'zz19': it changes nothing",
        (("c.yaml: 2 more unknown settings", "pr-sessions config --check lists all of them"),),
    )


@pytest.mark.parametrize(("timeout", "warning"), [(5, 2.5), (15, 7.5), (16, 15), (120, 15)])
def test_an_unset_warning_fits_a_short_timeout(timeout: int, warning: float) -> None:
    parsed = parse(f"timeout_minutes: {timeout}", "c.yaml")
    expected = Policy(timeout=timedelta(minutes=timeout), idle_warning=timedelta(minutes=warning))
    assert (parsed.policy, parsed.mistakes) == (expected, ())


def test_a_warning_is_not_blamed_for_a_mistaken_timeout() -> None:
    parsed = parse("timeout_minutes: 200\nidle_warning_minutes: 60\n", "c.yaml")
    assert [mistake.key for mistake in parsed.mistakes] == ["timeout_minutes"]
    assert (parsed.policy, parsed.origins) == (Policy(), {})


def test_a_merge_conflict_is_called_by_its_name() -> None:
    text = "<<<<<<< ours\nshare: local\n=======\nshare: commit\n>>>>>>> theirs\n"
    (mistake,) = parse(text, "c.yaml").mistakes
    assert mistake.hint == "the file holds a merge conflict: resolve it"


@settings(max_examples=300)
@given(st.text() | st.text(alphabet="abc:-?[]{}&*!|>'\"#%\\ \n\r\t0129~,@"))
def test_any_text_is_read_or_refused_and_the_policy_holds_together(text: str) -> None:
    parsed = parse(text, "c.yaml")
    assert parsed.policy.idle_warning < parsed.policy.timeout
    assert list(parsed.mistakes) == sorted(parsed.mistakes, key=lambda mistake: mistake.line)


VALUES = ["30", "'30'", "4", "0", "-1", "1.5", "true", "", "UTC", "local", "[]", "['^a']", "['']", "x", "{a: 1}"]


@given(st.lists(st.tuples(st.sampled_from([*RULES, "other"]), st.sampled_from(VALUES))))
def test_each_value_either_counts_or_is_a_mistake(lines: list[tuple[str, str]]) -> None:
    parsed = parse("\n".join(f"{key}: {value}" for key, value in lines), "c.yaml")
    mistaken = {mistake.key for mistake in parsed.mistakes}
    unknown = {setting.key for setting in parsed.unknown}
    keys = {key for key, _ in lines} - unknown
    assert mistaken <= keys
    assert unknown.isdisjoint(RULES)
    assert parsed.origins.keys().isdisjoint(mistaken)
    left = keys - mistaken - parsed.origins.keys()
    assert left == set() or (left == {"idle_warning_minutes"} and "timeout_minutes" in mistaken)


def test_loose_words_that_do_not_count_are_noted() -> None:
    text = "# team\ncompletion_markers: ['[ready]', Complete, ✅]\n"
    assert notes(parse(text, "c.yaml")) == (
        Note(2, "'Complete' does not complete a session unless loose_completion_markers is true"),
        Note(2, "'✅' does not complete a session unless loose_completion_markers is true"),
    )


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ("", "gate.checks and gate.workflow"),
        ("gate.checks: [Tests]\n", "gate.workflow"),
        ("gate.workflow: ci.yml\n", "gate.checks"),
    ],
)
def test_a_gate_that_postpones_nothing_is_noted(settings: str, missing: str) -> None:
    assert notes(parse(f"{settings}gate: enforce\n", "c.yaml")) == (
        Note(settings.count("\n") + 1, f"gate: enforce postpones nothing without {missing}"),
    )


def test_a_gate_that_has_all_it_needs_is_not_noted() -> None:
    assert notes(parse("gate: enforce\ngate.checks: [Tests]\ngate.workflow: ci.yml\n", "c.yaml")) == ()


@pytest.mark.parametrize("text", ["", "completion_markers: [complete]\nloose_completion_markers: true\n"])
def test_nothing_is_noted_where_every_marker_counts(text: str) -> None:
    assert notes(parse(text, "c.yaml")) == ()


def test_many_mistakes_are_listed_with_their_places_up_to_twenty() -> None:
    with pytest.raises(InvalidConfiguration) as raised:
        valid_policy(parse("auto_pr_patterns:\n" + "  - ''\n" * 22, "c.yaml"))
    lines = str(raised.value).splitlines()
    assert (lines[0], lines[19], lines[20:]) == (
        "c.yaml:2: auto_pr_patterns: empty item",
        "c.yaml:21: auto_pr_patterns: empty item",
        ["and 2 more"],
    )
    assert "pr-sessions config --check" in raised.value.hint


def test_a_missing_file_has_no_mistakes(tmp_path: Path) -> None:
    assert read(Place(tmp_path, "none/c.yaml")).mistakes == ()


def test_the_mistakes_of_a_file_are_told_without_raising(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_bytes(b"share: team\r\nminimal_metadata: 1\r\n")
    assert [(mistake.line, mistake.key) for mistake in read(place(config)).mistakes] == [
        (1, "share"),
        (2, "minimal_metadata"),
    ]


@pytest.mark.parametrize("data", [b"\xef\xbb\xbfshare: local\n", b"share: local\r\n", b"share: local"])
def test_a_byte_order_mark_and_either_line_end_are_accepted(tmp_path: Path, data: bytes) -> None:
    config = tmp_path / "c.yaml"
    config.write_bytes(data)
    assert read(place(config)) == Parsed(Policy(share=Share.LOCAL), {"share": 1}, (), str(config))


@pytest.mark.parametrize("data", ["share: local".encode("utf-16"), b"share: local\n# caf\xe9\n"])
def test_text_that_is_not_utf8_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    config = tmp_path / "c.yaml"
    config.write_bytes(data)
    with pytest.raises(InvalidConfiguration, match="not UTF-8 text") as raised:
        read(place(config))
    assert str(raised.value).startswith(f"{config}:")


def test_a_configuration_is_at_most_a_mebibyte(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(UnreadableFile):
        read(place(config))


def test_a_folder_in_its_place_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        read(place(tmp_path))


def test_each_setting_tells_its_origin(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(
        "# ours\nidle_warning_minutes: 7.5\nshare: local\nauto_pr_patterns: ['^bot:']\n", encoding="utf-8"
    )
    assert [msgspec.structs.astuple(setting) for setting in effective(read(place(config)))] == [
        ("timeout_minutes", 30, "default"),
        ("idle_warning_minutes", 7.5, f"{config}:2"),
        ("auto_pr_patterns", ("^bot:",), f"{config}:4"),
        ("completion_markers", Policy().completion_markers, "default"),
        ("loose_completion_markers", False, "default"),
        ("min_files_for_manual", 5, "default"),
        ("enable_timeout_completion", True, "default"),
        ("enable_heuristic_completion", False, "default"),
        ("enable_heuristic_detection", False, "default"),
        ("time_zone", "UTC", "default"),
        ("track", "opened", "default"),
        ("people", "shown", "default"),
        ("share", "local", f"{config}:3"),
        ("sync_branch", "pr-sessions", "default"),
        ("keep_days", "off", "default"),
        ("minimal_metadata", False, "default"),
        ("signatures", (), "default"),
        ("signatures_off", (), "default"),
        ("mark", "none", "default"),
        ("hooks.ask_forge", False, "default"),
        ("gate", "advisory", "default"),
        ("gate.always", Policy().gate_always, "default"),
        ("gate.checks", (), "default"),
        ("gate.workflow", "off", "default"),
        ("gate.assisted", False, "default"),
        ("gate.max_wait", 30, "default"),
        ("gate.open_budget", "off", "default"),
        ("gate.over_budget", "warn", "default"),
        ("gate.dashboard", False, "default"),
        ("comment", "auto", "default"),
    ]


def test_no_setting_is_in_force_while_the_file_has_mistakes(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("share: team\n", encoding="utf-8")
    with pytest.raises(InvalidConfiguration, match="share: must be commit, branch or local"):
        valid_policy(read(place(config)))
