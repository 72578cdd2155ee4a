"""The measured tables are about today's rules; the data itself is no part of the project."""

import re
from collections import Counter
from pathlib import Path

from benchmarks.accuracy.git_truth_text import rules_digest as inference_digest
from benchmarks.accuracy.grouping_rules import RULES, SHARED_COMMITS

from pr_sessions.core.similarity import WEIGHTS, rules_digest

PAGE = Path(__file__).parents[2] / "docs/reference/accuracy.md"


def test_the_grouping_table_is_about_today_s_rules() -> None:
    assert f"- rules: `{rules_digest()}`\n" in PAGE.read_text("utf-8"), "measure again: make figures DATA=folder"


def test_the_grouping_table_has_every_rule_in_both_parts() -> None:
    rows = re.findall(r"^\| (.*?) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    rules = Counter(rule for names in rows for rule in names.split("; "))
    assert {name: rules[name] for name in RULES} == dict.fromkeys(RULES, 2)


def test_the_rule_that_the_tracker_uses_is_the_one_that_was_good_enough() -> None:
    assert f"\nDefault: {SHARED_COMMITS}.\n" in PAGE.read_text("utf-8")


def test_the_page_has_every_weight() -> None:
    rows = [line.split("|")[1:3] for line in PAGE.read_text("utf-8").splitlines() if line.count("|") == 3]
    points = {sign.strip().removesuffix(", opened within 7 days"): number.strip() for sign, number in rows}
    assert {sign: points.get(sign) for sign in WEIGHTS} == {sign: str(weight) for sign, weight in WEIGHTS.items()}


def test_the_table_of_histories_is_about_today_s_rules() -> None:
    digest = f"- rules: `{inference_digest()}`\n"
    assert digest in PAGE.read_text("utf-8"), "measure again: make figures HISTORIES=folder"
