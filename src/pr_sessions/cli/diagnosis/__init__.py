"""Every inconsistency between files, markers, configuration and git, each with its way out. Looks only."""

from collections.abc import Mapping
from datetime import datetime

from pr_sessions.cli.diagnosis.file_checks import FILE_CHECKS
from pr_sessions.cli.diagnosis.finding import Finding, Severity
from pr_sessions.cli.diagnosis.gather import gather
from pr_sessions.cli.diagnosis.git_checks import GIT_CHECKS
from pr_sessions.cli.diagnosis.hook_checks import HOOK_CHECKS
from pr_sessions.cli.diagnosis.marker_checks import MARKER_CHECKS
from pr_sessions.cli.diagnosis.session_checks import SESSION_CHECKS
from pr_sessions.cli.diagnosis.settings_checks import SETTINGS_CHECKS
from pr_sessions.errors import UnreadableFile
from pr_sessions.stores.git import GitFailed
from pr_sessions.stores.repository import Repository

CHECKS = (*FILE_CHECKS, *SETTINGS_CHECKS, *SESSION_CHECKS, *MARKER_CHECKS)


def diagnose(repository: Repository, now: datetime, environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """All findings, the worst first."""
    case, unreadable = gather(repository, now, environ)
    findings = [*unreadable, *(finding for check in CHECKS for finding in check(case))]
    try:
        findings += [finding for check in (*GIT_CHECKS, *HOOK_CHECKS) if repository.git_dir for finding in check(case)]
    except GitFailed as error:
        way_out = error.hint or "mend what git says; until then nobody knows what it tracks"
        findings.append(Finding(Severity.WARNING, str(error), str(repository.root), way_out))
    except UnreadableFile as error:
        findings.append(Finding(Severity.ERROR, str(error), str(repository.root), error.hint))
    return tuple(sorted(findings, key=lambda finding: list(Severity).index(finding.severity)))
