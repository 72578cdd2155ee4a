"""Find every inconsistency between files, markers, configuration and git, each with a hint. Nothing is written."""

from collections.abc import Mapping
from datetime import datetime

from pr_sessions.doctor import files, git, run_ids, sessions, setup
from pr_sessions.doctor.findings import Finding, Severity, examine
from pr_sessions.errors import UnreadableFile
from pr_sessions.git.commands import GitFailed
from pr_sessions.git.repository import Repository

CHECKS = (*files.CHECKS, *setup.SETTINGS_CHECKS, *sessions.CHECKS, run_ids.in_files, run_ids.in_copies)


def diagnose(repository: Repository, now: datetime, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return all findings, the worst first."""
    case, unreadable = examine(repository, now, environ)
    findings = [*unreadable, *(finding for check in CHECKS for finding in check(case))]
    try:
        for check in (*git.CHECKS, run_ids.in_history, *setup.CLONE_CHECKS) if repository.git_dir else ():
            findings += check(case)
    except GitFailed as error:
        hint = error.hint or "fix what git reports; until then it is unknown what git tracks"
        findings.append(Finding(Severity.WARNING, str(error), str(repository.root), hint))
    except UnreadableFile as error:
        findings.append(Finding(Severity.ERROR, str(error), str(repository.root), error.hint))
    return tuple(sorted(findings, key=lambda finding: list(Severity).index(finding.severity)))
