"""`validate_config.py`: every mistake of a configuration, with the original's interface."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pr_sessions.errors import InvalidValue, PrSessionsError
from pr_sessions.scripts import console, places
from pr_sessions.sessions.patterns import matcher
from pr_sessions.stores.repository import CONFIG

if TYPE_CHECKING:
    from argparse import Namespace

    from pr_sessions.stores.configuration import Mistake

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
    """Everything that is wrong with a configuration file, `CONFIG_FILE` if not given. No field is required."""
    is_yaml, message = validate_yaml_syntax(CONFIG_FILE if path is None else path)
    if not is_yaml:
        return False, [message]
    mistakes = _mistakes(_file(path))
    return not mistakes, [f"line {mistake.line}: {mistake.message}" for mistake in mistakes]


def validate_yaml_syntax(path: Path | str) -> tuple[bool, str]:
    """Whether the file is there and is YAML; a message that says so, or what is wrong and where."""
    try:
        file = _file(path)
        if not file.is_file():
            return False, f"no configuration at {file}"
        broken = [mistake for mistake in _mistakes(file) if not mistake.key]
    except (PrSessionsError, OSError) as error:
        return False, f"Invalid YAML: {error}"
    if broken:
        return False, f"Invalid YAML: line {broken[0].line}: {broken[0].message.removeprefix('Invalid YAML: ')}"
    return True, "Valid YAML"


def validate_required_fields(config: Any) -> Answer:
    """Whether the fields that the original asked for are all there; pr-sessions has a default for each."""
    fields = config if isinstance(config, dict) else {}
    return _answer([f"Missing required field: {name}" for name in REQUIRED if name not in fields])


def validate_timeout_values(config: Any) -> Answer:
    """Whether the timeout is from 5 to 120 minutes, and the warning comes before it."""
    from pr_sessions.stores.configuration_rules import TIMEOUT_RANGE

    fields = config if isinstance(config, dict) else {}
    timeout, warning = fields.get("timeout_minutes", 30), fields.get("idle_warning_minutes")
    low, high = TIMEOUT_RANGE
    messages = []
    if not _is_number(timeout) or not low <= timeout <= high:
        messages.append(f"timeout_minutes must be from {low} to {high} minutes, not {str(timeout)[:40]}")
    if warning is not None and (not _is_number(warning) or not warning > 0):
        messages.append(f"idle_warning_minutes must be more than 0 minutes, not {str(warning)[:40]}")
    elif warning is not None and not messages and warning >= timeout:
        messages.append(f"idle_warning_minutes must be less than timeout_minutes, not {warning}")
    return _answer(messages)


def validate_regex_patterns(config: Any) -> Answer:
    """Whether every pattern can be used, and none is empty or could run away."""
    fields = config if isinstance(config, dict) else {}
    patterns = fields.get("auto_pr_patterns", [])
    if not isinstance(patterns, list | tuple):
        return False, ["auto_pr_patterns must be a list"]
    return _answer([problem for pattern in patterns if (problem := _problem(pattern))])


def main(arguments: Sequence[str] | None = None) -> int:
    """The script's command line; prints the answer as JSON."""
    from argparse import ArgumentParser

    parser = ArgumentParser(prog="validate_config.py", description="Show every mistake of the configuration.")
    parser.add_argument("--config", metavar="P", help="the file; the repository's if not given")
    parser.add_argument("--exit-code", action="store_true", help="exit with 1 where there is a mistake")
    options = parser.parse_args(arguments)
    return console.run(lambda: _command(options))


def _command(options: "Namespace") -> int:
    is_valid, messages = validate_config(options.config)
    console.print_json({"valid": is_valid, "messages": messages})
    return console.FAILED if options.exit_code and not is_valid else console.DONE


def _file(path: Path | str | None) -> Path:
    return places.in_repository(CONFIG_FILE if path is None else path, Path(CONFIG))


def _mistakes(path: Path) -> "tuple[Mistake, ...]":
    from pr_sessions.stores.configuration import check

    return check(path)


def _problem(pattern: Any) -> str | None:
    if not isinstance(pattern, str):
        return f"Invalid pattern: {str(pattern)[:60]} is no text"
    try:
        matcher(pattern)
    except InvalidValue as error:
        return f"Invalid pattern: {error}"
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _answer(messages: list[str]) -> Answer:
    return not messages, messages
