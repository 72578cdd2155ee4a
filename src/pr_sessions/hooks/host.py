"""A coding agent that runs hooks: everything that this project knows of it, as one value in a module of `hosts/`."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from pr_sessions.hooks.payload import Payload

# What is kept of an event: `event`, `run`, and where they are known `turn`, `tool`, `url`, `branch`, `how`.
HookEvent = dict[str, str]
# The name of an event, its payload, and what is kept of it.
Example = tuple[str, "dict[str, Any]", HookEvent | None]

SECONDS = 5  # how long a host waits for a hook of ours

# What the examples of several hosts share.
URL = "https://github.com/octo/demo/pull/42"
CREATE = "gh pr create --fill"
CREATED = f"Creating pull request for topic into main in octo/demo\n\n{URL}\n"
PUSHED = "To github.com:octo/demo.git\n   1a2b3c4..5d6e7f8  topic -> topic\n"
ACTIVITY = {"event": "activity"}
OPENED = {"event": "opened", "url": URL, "how": "gh pr create"}
OPENED_BY_TOOL = {"event": "opened", "url": URL, "how": "create_pull_request"}
CONTRIBUTED = {"event": "contributed", "branch": "topic", "how": "git push"}


def documented(
    examples: "Sequence[Example]", common: "Payload", kept: HookEvent, *, named: bool = True
) -> list[Example]:
    """Return the examples with what they have in common, and with their names if the host's payloads hold them."""
    return [
        (
            name,
            {**common, **({"hook_event_name": name} if named else {}), **payload},
            None if event is None else {**kept, **event},
        )
        for name, payload, event in examples
    ]


def nested_entry(_event: str, commands: "Mapping[str, str]", shell: str, timeout: int = SECONDS) -> "dict[str, Any]":
    """Return an entry of Claude Code's format, the same for every event."""
    return {"hooks": [{"type": "command", "command": commands[shell], "timeout": timeout}]}


class Host:
    """One coding agent.

    Attributes:
        name: as events and `--agents` have it.
        prefix: of its environment variables, which a tracker that its hooks start does not inherit.
        parse: returns what is kept of a payload; nothing for one that shows no work.
        recognises: tells whether a payload can only be its own.
        variable: the environment variable that only its hooks get; may be empty.
        folder_variables: the environment variables in which its hooks get the folder of the project.
        answer: what it expects on standard output.
        examples: returns its documented payloads for a working tree.
        events: those that `init --agents` registers; empty where `init` cannot register any. A host may reject a file
            with an event that it does not know, so only documented ones are listed.
        command: the name of its program.
        folder: its folder in the user's home.
        home_variable: the environment variable that names another folder; may be empty.
        file: its hooks, in that folder.
        project_file: its hooks in a repository.
        local_file: its hooks in one clone, which git ignores; may be empty.
        inline_file: another file of a repository in which people may write its hooks; may be empty.
        member: the name under which hooks stand in its file.
        entry: returns what is registered for an event, from the command line for each shell and the shell to use.
        known_events: every event that its file may name, where it reads no file that names another; empty elsewhere.
        can_be_off: whether `disableAllHooks` in one of its files switches off all of them.
        versioned: whether its file has a `version`, without which it reads none.
        windows: the shell that runs its command lines on Windows; elsewhere it is sh.
        comments: whether its file may have comments.
        note: what the user still has to do.
    """

    def __init__(
        self,
        name: str,
        *,
        prefix: str,
        parse: "Callable[[Payload], list[HookEvent]]",
        recognises: "Callable[[Payload], bool]",
        examples: "Callable[[str], Sequence[Example]]",
        variable: str = "",
        folder_variables: tuple[str, ...] = (),
        answer: bytes = b"",
        events: tuple[str, ...] = (),
        command: str = "",
        folder: str = "",
        home_variable: str = "",
        file: str = "",
        project_file: str = "",
        local_file: str = "",
        inline_file: str = "",
        member: str = "hooks",
        entry: "Callable[[str, Mapping[str, str], str], dict[str, Any]]" = nested_entry,
        known_events: frozenset[str] = frozenset(),
        can_be_off: bool = False,
        versioned: bool = False,
        windows: str = "powershell",
        comments: bool = False,
        note: str = "",
    ) -> None:
        self.name = name
        self.prefix = prefix
        self.parse = parse
        self.recognises = recognises
        self.examples = examples
        self.variable = variable
        self.folder_variables = folder_variables
        self.answer = answer
        self.events = events
        self.command = command
        self.folder = folder
        self.home_variable = home_variable
        self.file = file
        self.project_file = project_file
        self.local_file = local_file
        self.inline_file = inline_file
        self.member = member
        self.entry = entry
        self.known_events = known_events
        self.can_be_off = can_be_off
        self.versioned = versioned
        self.windows = windows
        self.comments = comments
        self.note = note
