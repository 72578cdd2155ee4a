"""What people and tools call agents in trailers such as `Assisted-by: Claude Code:claude-opus-4`."""

import re
from collections.abc import Mapping

# An agent worked, and the text does not say which of those that we know.
UNKNOWN_AGENT = "unknown"

_OTHER_NAMES: Mapping[str, str] = {
    "chatgpt-codex": "codex",
    "claude": "claude-code",
    "claude-agent": "claude-code",
    "cursor-agent": "cursor",
    "cursoragent": "cursor",
    "devin-ai": "devin",
    "factory-droid": "droid",
    "gemini-cli": "gemini",
    "github-copilot": "copilot",
    "google-gemini": "gemini",
    "google-jules": "jules",
    "jetbrains-junie": "junie",
    "kiro-agent": "kiro",
    "openai-codex": "codex",
    "oz": "warp",
    "roo-code": "roo",
    "roomote": "roo",
    "sourcegraph-amp": "amp",
    "warp-oz": "warp",
}
_SLUGS = frozenset(
    {
        *("143", "aider", "amazon-q", "amp", "claude-code", "cline", "codegen", "codex", "cody", "continue", "copilot"),
        *("crow", "crush", "cursor", "devin", "droid", "ellipsis", "entire", "gemini", "jetbrains-ai", "jules"),
        *("junie", "kiro", "lovable", "mentat", "open-inspect", "open-swe", "opencode", "openhands", "posthog-code"),
        *("replit", "roo", "sisyphus", "tembo", "warp"),
    }
)
# What may follow a name: a version, a model, how it was run.
_MORE = re.compile(r"v?\d[\w.]*|opus|sonnet|haiku|fable|pro|flash|cli|agent|coding|cloud|code", re.ASCII)
_BETWEEN = re.compile(r"[ _-]+")


def agent_named(text: str) -> str | None:
    """Return the slug of the agent that a text names, perhaps with a version; `None` for any other text."""
    words = _BETWEEN.split(text.strip().casefold())
    for count in range(len(words), 0, -1):
        name = "-".join(words[:count])
        slug = name if name in _SLUGS else _OTHER_NAMES.get(name)
        if slug:
            return slug if all(map(_MORE.fullmatch, words[count:])) else None
    return None
