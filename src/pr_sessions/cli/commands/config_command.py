"""`pr-sessions config`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pr_sessions.cli import options, output

if TYPE_CHECKING:
    from pr_sessions.stores.configuration import Parsed

WRONG = 1


@click.command("config")
@click.option("--check", is_flag=True, help="List every mistake with its place; fail if there is one.")
@options.as_json
def command(check: bool, json: bool) -> int:
    r"""Show or check the effective configuration.

    A setting that the configuration gets wrong is shown with its default.

    \b
    Examples:
      pr-sessions config
      pr-sessions config --check
    """
    from pr_sessions.stores.configuration import read

    parsed = read(options.repository().config)
    if check:
        output.show(checked(parsed), check_lines(parsed), as_json=json)
        return WRONG if parsed.mistakes else 0
    if parsed.mistakes:
        output.note(f"{output.plural(len(parsed.mistakes), 'mistake')}; see them: pr-sessions config --check")
    settings = in_force(parsed)
    rows = [(s["key"], output.one_line(_text(s["value"]), 90), s["origin"]) for s in settings]
    data = {"settings": settings, "mistakes": checked(parsed)["mistakes"]}
    output.show(data, output.table(rows, ("setting", "value", "origin")), as_json=json)
    return 0


def in_force(parsed: "Parsed") -> list[dict[str, Any]]:
    """Every setting with its value and where that comes from."""
    from pr_sessions.stores.configuration import plain
    from pr_sessions.stores.configuration_rules import RULES

    return [
        {
            "key": key,
            "value": plain(getattr(parsed.policy, rule.field)),
            "origin": f"{parsed.name}:{parsed.origins[key]}" if key in parsed.origins else "default",
        }
        for key, rule in RULES.items()
    ]


def checked(parsed: "Parsed") -> dict[str, Any]:
    """Every mistake and note with its place."""
    from pr_sessions.stores.configuration import notes

    return {
        "path": parsed.name,
        "valid": not parsed.mistakes,
        "mistakes": [
            {"place": f"{parsed.name}:{m.line}", "key": m.key, "message": m.message, "hint": m.hint}
            for m in parsed.mistakes
        ],
        "notes": [{"place": f"{parsed.name}:{note.line}", "message": note.text} for note in notes(parsed)],
    }


def check_lines(parsed: "Parsed") -> list[str]:
    """The same for people."""
    found = checked(parsed)
    lines = []
    for mistake in found["mistakes"]:
        lines.append(f"{mistake['place']}: {mistake['message']}")
        lines += [f"  hint: {mistake['hint']}"] if mistake["hint"] else []
    lines += [f"{note['place']}: note: {note['message']}" for note in found["notes"]]
    if not Path(parsed.name).exists():
        return [f"There is no {parsed.name}: the defaults count."]
    verdict = output.plural(len(found["mistakes"]), "mistake") if found["mistakes"] else "No mistakes"
    return [*lines, f"{verdict} in {parsed.name}"]


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
