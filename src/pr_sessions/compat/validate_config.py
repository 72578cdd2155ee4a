"""`validate_config.py`: every mistake of a configuration, with the original's interface."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pr_sessions.compat import console, inputs, places
from pr_sessions.core.patterns import matcher
from pr_sessions.errors import InvalidValue, PrSessionsError
from pr_sessions.git.repository import CONFIG
from pr_sessions.io.files import is_file
from pr_sessions.io.places import Place

__all__ = [
    "CONFIG_FILE",
    "main",
    "validate_config",
    "validate_regex_patterns",
    "validate_required_fields",
    "validate_timeout_values",
    "validate_yaml_syntax",
]

CONFIG_FILE = Path(CONFIG)

REQUIRED = ("timeout_minutes", "idle_warning_minutes", "auto_pr_patterns", "completion_markers")
Answer = tuple[bool, list[str]]


def validate_config(path: Path | str | None = None) -> Answer:
    """Return everything that is wrong with a configuration file, `CONFIG_FILE` if not given. No field is required."""
    from pr_sessions.config.file import read, unknown_settings

    is_yaml, message = validate_yaml_syntax(CONFIG_FILE if path is None else path)
    if not is_yaml:
        return False, [message]
    parsed = read(_file(path))
    for problem, hint in unknown_settings(parsed):
        console.hint(problem, hint)
    mistakes = parsed.mistakes
    return not mistakes, [f"line {mistake.line}: {mistake.message}" for mistake in mistakes]


def validate_yaml_syntax(path: Path | str) -> tuple[bool, str]:
    """Return whether the file is there and is YAML, and a message that says what is wrong and where, or nothing."""
    from pr_sessions.config.file import read

    try:
        file = _file(path)
        if not is_file(file):
            return False, f"no configuration at {file}"
        broken = [mistake for mistake in read(file).mistakes if not mistake.key]
    except (PrSessionsError, OSError) as error:
        return False, f"Invalid YAML: {error}"
    if broken:
        return False, f"Invalid YAML: line {broken[0].line}: {broken[0].message.removeprefix('Invalid YAML: ')}"
    return True, ""


def validate_required_fields(config: Any) -> Answer:
    """Return whether the fields that the original asked for are all there; pr-sessions has a default for each."""
    fields = config if isinstance(config, dict) else {}
    return _answer([f"Missing required field: {name}" for name in REQUIRED if name not in fields])


def validate_timeout_values(config: Any) -> Answer:
    """Return whether the timeout is from 5 to 120 minutes, and the warning comes before it."""
    from pr_sessions.config.schema import TIMEOUT_RANGE

    fields = config if isinstance(config, dict) else {}
    timeout, warning = fields.get("timeout_minutes", 30), fields.get("idle_warning_minutes")
    low, high = TIMEOUT_RANGE
    messages = []
    if not inputs.is_number(timeout) or not low <= timeout <= high:
        messages.append(f"timeout_minutes must be from {low} to {high} minutes, not {str(timeout)[:40]}")
    if warning is not None and (not inputs.is_number(warning) or not warning > 0):
        messages.append(f"idle_warning_minutes must be more than 0 minutes, not {str(warning)[:40]}")
    elif warning is not None and not messages and warning >= timeout:
        messages.append(f"idle_warning_minutes must be less than timeout_minutes, not {warning}")
    return _answer(messages)


def validate_regex_patterns(config: Any) -> Answer:
    """Return whether every pattern can be used, and none is empty or could run away."""
    fields = config if isinstance(config, dict) else {}
    patterns = fields.get("auto_pr_patterns", [])
    if not isinstance(patterns, list | tuple):
        return False, ["auto_pr_patterns must be a list"]
    return _answer([problem for pattern in patterns if (problem := _problem(pattern))])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script's command line: print the answer as JSON."""
    from argparse import ArgumentParser

    parser = ArgumentParser(prog="validate_config.py", description="Show every mistake of the configuration.")
    parser.add_argument("--config", metavar="P", help="the file; the repository's if not given")
    parser.add_argument("--exit-code", action="store_true", help="exit with 1 where there is a mistake")
    options = parser.parse_args(arguments)

    def command() -> int:
        is_valid, messages = validate_config(options.config)
        console.print_json({"valid": is_valid, "messages": messages})
        return console.FAILED if options.exit_code and not is_valid else console.DONE

    return console.run(command)


def _file(path: Path | str | None) -> Place:
    return places.in_repository(CONFIG_FILE if path is None else path, Path(CONFIG))


def _problem(pattern: Any) -> str | None:
    if not isinstance(pattern, str):
        return f"Invalid pattern: {str(pattern)[:60]} is no text"
    try:
        matcher(pattern)
    except InvalidValue as error:
        return f"Invalid pattern: {error}"
    return None


def _answer(messages: list[str]) -> Answer:
    return not messages, messages
