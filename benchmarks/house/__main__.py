"""`make house`: measure how simple the code and the docs are, against goals. Exit code 1 where one is missed."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import asdict

from benchmarks.house.calls import add_calls, changes, gate_calls, visits
from benchmarks.house.helpers import small_helpers
from benchmarks.house.measure import GLOSSARY, ROOT, Measure, table
from benchmarks.house.modules import read_modules
from benchmarks.house.sizes import docs, source
from benchmarks.house.storage import command_line, json_builders
from benchmarks.house.words import banned_names, banned_words, read_glossary


def measures(root: Path) -> Iterator[Measure]:
    """Take every measure, in the order of the table."""
    package = root / "src/pr_sessions"
    modules = read_modules(package)
    yield from source(modules)
    yield small_helpers(modules)
    add = add_calls()
    yield Measure("add-files", "one add: files with a call", len(set(add)), 40, places=visits(add))
    yield Measure("add-changes", "one add: changes of file between calls", changes(add), 220)
    gate = gate_calls()
    yield Measure("gate-files", "gate decide, two open pull requests: files with a call", len(set(gate)), 40)
    yield from command_line(modules)
    yield json_builders(modules)
    glossary = read_glossary((root / GLOSSARY).read_text("utf-8"))
    yield banned_words(root, glossary.words)
    yield banned_names(modules, glossary.names)
    yield from docs(root / "docs")
    yield Measure("test", "make test on 2 cores (measured by CI)", None, 4, " min")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(prog="python -m benchmarks.house", description="Count how simple code and docs are.")
    parser.add_argument("--json", action="store_true", help="print one JSON document, with every place")
    parser.add_argument("--places", metavar="KEY", help="print what one measure counts, such as words or helpers")
    options = parser.parse_args(arguments)
    measured = tuple(measures(ROOT))
    by_key = {measure.key: measure for measure in measured}
    if options.places:
        if options.places not in by_key:
            parser.error(f"no measure {options.places!r}; there are {', '.join(by_key)}")
        print("\n".join(by_key[options.places].places))
    elif options.json:
        print(json.dumps([asdict(m) | {"is_reached": m.is_reached} for m in measured], indent=2))
    else:
        print("\n".join(table(measured)))
    return 1 if any(measure.is_reached is False for measure in measured) else 0


if __name__ == "__main__":
    sys.exit(main())
