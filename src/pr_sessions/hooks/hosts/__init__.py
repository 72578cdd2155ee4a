"""The coding agents whose hooks call us: which of them it is, and what is kept of its payload."""

from pr_sessions.hooks.hosts import antigravity, claude_code, codex, copilot, cursor, devin, gemini, generic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pr_sessions.hooks.host import HookEvent, Host
    from pr_sessions.hooks.payload import Payload

# The first one that recognises a payload is believed. Claude Code is the last: others have its format, too.
HOSTS: "Mapping[str, Host]" = {
    "cursor": cursor.HOST,
    "gemini": gemini.HOST,
    "antigravity": antigravity.HOST,
    "copilot": copilot.HOST,
    "devin": devin.HOST,
    "codex": codex.HOST,
    "claude-code": claude_code.HOST,
}
# Those whose hooks `init --agents` registers.
INSTALLABLE: "Mapping[str, Host]" = {name: host for name, host in HOSTS.items() if host.events}


def identify(payload: "Payload", environ: "Mapping[str, str]", hint: str) -> str:
    """Return the name of the host that calls; `unknown` if there is no sign of one.

    The payload is the best evidence, then the environment, which may be that of another agent around this one. The
    hint comes last: a host may run the command lines of another one.

    Args:
        payload: of the event.
        environ: of this process.
        hint: the name in the command line; may be empty.
    """
    for host in HOSTS.values():
        if host.recognises(payload):
            return host.name
    if "hook_event_name" in payload:
        names = [host.name for host in HOSTS.values() if environ.get(host.variable)]
        # A host without such a variable cannot be among them.
        if names and hint not in names and (hint not in HOSTS or HOSTS[hint].variable):
            return names[0]
    return hint or "unknown"


def events_of(name: str, payload: "Payload") -> "list[HookEvent]":
    """Return what is kept of the event: nothing where it shows no work, and several where it proves several things."""
    host = HOSTS.get(name)
    if host is None:
        host = claude_code.HOST if "hook_event_name" in payload else None
    events = host.parse(payload) if host else generic.parse(payload)
    return [
        {"host": name, **{key: value for key, value in event.items() if value}} for event in events if event.get("run")
    ]


def slug(name: str) -> str:
    """Return a host's name as it may be kept; empty if it is none."""
    plain = name.strip().lower()
    fits = 0 < len(plain) <= 30 and plain.isascii() and plain.replace("-", "").isalnum()
    return plain if fits else ""
