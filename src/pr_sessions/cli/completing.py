"""Shell completion: session ids, and the shell that click does not know."""

import os
from contextlib import suppress

from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, split_arg_string

from pr_sessions.errors import PrSessionsError

# The shell starts us with it: https://click.palletsprojects.com/en/stable/shell-completion/
VARIABLE = "_PR_SESSIONS_COMPLETE"
_MOST = 100

_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $env:%(complete_var)s = 'powershell_complete'
    $env:COMP_WORDS = $commandAst.ToString()
    $env:COMP_INCOMPLETE = $wordToComplete
    try {
        %(prog_name)s | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
        }
    } finally {
        Remove-Item Env:%(complete_var)s, Env:COMP_WORDS, Env:COMP_INCOMPLETE -ErrorAction SilentlyContinue
    }
}
"""


class PowerShell(ShellComplete):
    """Complete in PowerShell: the script sets COMP_WORDS and COMP_INCOMPLETE, and reads lines of value and help."""

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the incomplete one, and that one."""
        words = split_arg_string(os.environ.get("COMP_WORDS", ""))[1:]
        incomplete = os.environ.get("COMP_INCOMPLETE", "")
        if incomplete and words[-1:] == [incomplete]:
            words.pop()
        return words, incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """Return one line; a CompletionResult needs some help text."""
        return f"{item.value}\t{item.help or item.value}"


def add_powershell() -> None:
    """Let click complete in PowerShell."""
    add_completion_class(PowerShell)


def session_ids(prefix: str) -> list[str]:
    """Return ids that begin so, active ones first, then the latest. Write nothing and report nothing.

    Ids of old files that a shell could misread are left out.
    """
    from pr_sessions.core.ids import is_valid_id
    from pr_sessions.core.policy import Policy
    from pr_sessions.git.discovery import current_folder, find_repository
    from pr_sessions.tracker import tracker_of

    with suppress(PrSessionsError, OSError):
        repository = find_repository(current_folder(), os.environ)
        sessions = tracker_of(repository, Policy()).store.read()
        ids = (*sessions.active_ids(), *reversed(sessions.completed_ids()))
        return [i for i in ids if i.startswith(prefix) and is_valid_id(i)][:_MOST]
    return []
