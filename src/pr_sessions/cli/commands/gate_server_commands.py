"""`pr-sessions gate off`, `on` and `move`: what an administrator does with the gate of a team's server."""

from collections.abc import Callable

import click

from pr_sessions.cli import options
from pr_sessions.render import terminal

_switching = (
    click.option("--org", "organisation", required=True, metavar="ORG", help="The organisation on GitHub."),
    click.option("--server", default="", metavar="URL", help="The team's server. [default: PR_SESSIONS_SERVER]"),
    options.as_json,
)


def _switching_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_switching):
        command = option(command)
    return command


@click.command("off")
@_switching_options
def off_command(organisation: str, server: str, json: bool) -> None:
    r"""Switch the gate of a team's server off for an organisation.

    All checks run at once, whatever the settings say, until `gate on`. Takes a token with the scope admin in
    PR_SESSIONS_TOKEN.

    \b
    Examples:
      pr-sessions gate off --org acme --server https://sessions.example.com
    """
    _switch(organisation, server, off=True, json=json)


@click.command("on")
@_switching_options
def on_command(organisation: str, server: str, json: bool) -> None:
    r"""Switch it on again, as the settings say.

    \b
    Examples:
      pr-sessions gate on --org acme --server https://sessions.example.com
    """
    _switch(organisation, server, off=False, json=json)


def _switch(organisation: str, server: str, *, off: bool, json: bool) -> None:
    from pr_sessions.cli.gate_switch import switch_gate

    done = switch_gate(organisation, server, off=off)
    state = "off" if done.off else "on"
    line = f"The gate of {done.organisation} is {state}: {done.repositories} repositories."
    terminal.show(
        {"organisation": done.organisation, "gate": state, "repositories": done.repositories}, [line], as_json=json
    )


@click.command("move")
@click.option("--org", "organisation", required=True, metavar="ORG", help="The organisation on GitHub.")
@click.option("--server", required=True, metavar="URL", help="The team's server, which the workflows are to ask.")
@click.option("--from", "source", required=True, metavar="SOURCE", help="As of `init --github`.")
@click.option("--yes", is_flag=True, help="Open the pull requests. Without it, only show what would be done.")
@options.as_json
def move_command(organisation: str, server: str, source: str, yes: bool, json: bool) -> None:
    r"""Move an organisation from workflows to a team's server.

    Opens a pull request in each repository whose workflows are those of `init --github`. The check `pr-sessions` stays
    required all the time. Takes your own token, with the right to write workflows.

    \b
    Examples:
      pr-sessions gate move --org acme --server https://sessions.example.com --from ours.whl
    """
    from pr_sessions.cli.gate_move import move

    done = move(organisation, server, source, write=yes)
    rows = [(each.repository, each.did, "; ".join(each.notes)) for each in done]
    data = [{"repository": each.repository, "did": each.did, "url": each.address, "notes": each.notes} for each in done]
    terminal.show({"repositories": data, "written": yes}, terminal.table(rows), as_json=json)
