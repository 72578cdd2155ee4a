"""Rulesets for tests: with the package's signatures, or with none where a test is about other evidence."""

from pr_sessions.config.cache import package_signatures
from pr_sessions.core.policy import Policy, Ruleset


def all_signatures(policy: Policy) -> Ruleset:
    return Ruleset(policy, package_signatures())


def no_signatures(policy: Policy) -> Ruleset:
    return Ruleset(policy, ())
