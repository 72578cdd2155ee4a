"""Commands about the command line: `help`, `version`, `completion`."""

import click


@click.command("help")
@click.argument("names", nargs=-1, metavar="[COMMAND]...")
@click.option("--all", "everything", is_flag=True, help="List every command.")
@click.pass_context
def help_command(context: click.Context, names: tuple[str, ...], everything: bool) -> None:
    r"""Show the help of a command, or list all of them.

    \b
    Examples:
      pr-sessions help --all
      pr-sessions help add
      pr-sessions help gate decide
    """
    from pr_sessions.cli.commands import SHOW_ALL

    if names and everything:
        raise click.UsageError("COMMAND and --all exclude each other.")
    top = context.find_root()
    top.meta[SHOW_ALL] = everything
    shown = _context_of(top, names)
    click.echo(shown.get_help())


def _context_of(top: click.Context, names: tuple[str, ...]) -> click.Context:
    """Return the context of a command, so that its help has its whole name.

    Raises:
        click.UsageError: no such command.
    """
    current, rest = top, list(names)
    while rest:
        if not isinstance(current.command, click.Group):
            raise click.UsageError(f"`{current.command_path}` has no commands.", current)
        name, command, rest = current.command.resolve_command(current, rest)
        if command is None:
            raise click.UsageError(f"No such command {rest[0][:60]!r}.", current)
        current = click.Context(command, current, info_name=name)
    return current


@click.command("version")
# `options.as_json`, which would import more than help needs.
@click.option("--json", "json", is_flag=True, help="Print one JSON document.")
def version_command(json: bool) -> None:
    r"""Show the version.

    \b
    Examples:
      pr-sessions version
    """
    from pr_sessions.cli.main import installed_version
    from pr_sessions.render import terminal

    version = installed_version()
    terminal.show({"version": version}, [f"pr-sessions {version}"], as_json=json)


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish", "powershell"]))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    r"""Print a script that completes commands and session ids.

    Load it in ~/.bashrc, ~/.zshrc, ~/.config/fish/config.fish or $PROFILE.

    \b
    Examples:
      pr-sessions completion fish | source
      eval "$(pr-sessions completion bash)"
      eval "$(pr-sessions completion zsh)"
      pr-sessions completion powershell | Out-String | Invoke-Expression
    """
    from click.shell_completion import get_completion_class

    from pr_sessions.cli.completing import VARIABLE, add_powershell

    add_powershell()
    shell_class = get_completion_class(shell)
    if shell_class is None:
        raise click.UsageError(f"click completes nothing in {shell}")
    complete = shell_class(context.find_root().command, {}, "pr-sessions", VARIABLE)
    # click's `source()` would start bash for its version.
    click.echo(complete.source_template % complete.source_vars())
