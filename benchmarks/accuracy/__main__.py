"""`python -m benchmarks.accuracy detection|grouping|git-truth DIR`: how accurate the rules are on real data."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.accuracy import detection_text, git_truth, git_truth_text, grouping_text
from benchmarks.accuracy.aidev import Archive, read_archive
from benchmarks.accuracy.grouping import measure
from benchmarks.accuracy.known_sessions import known
from benchmarks.accuracy.rebuilt import Histories, read_histories
from pr_sessions.cli import options
from pr_sessions.cli.main import say_error
from pr_sessions.core.visible_text import one_line
from pr_sessions.errors import PrSessionsError
from pr_sessions.render import terminal

SHOWN_BROKEN = 5
_FOLDER = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))


@click.group()
def benchmarks() -> None:
    """Measure the rules on pull requests of which the truth is known.

    Of `detection` and `grouping`, DIR holds a folder for each agent, with prs.csv and pr_commits.csv, as in the AIDev
    data set.
    """


@benchmarks.command()
@_FOLDER
@options.as_json
def detection(folder: Path, json: bool) -> None:
    """Measure how many pull requests of agents are recognised as theirs.

    The package's own signatures are used, all of them.
    """
    archive = read_archive(folder)
    result = detection_text.measure(archive)
    _show(archive, detection_text.view(result, archive), detection_text.text(result, archive), as_json=json)


@benchmarks.command()
@_FOLDER
@options.as_json
def grouping(folder: Path, json: bool) -> None:
    """Measure how well each rule finds the sessions of pull requests.

    The truth is the vendor's session id in the body, which is hidden from every rule. The rules were learnt on one
    half of the repositories. The other half decides which rule is the default.
    """
    archive = read_archive(folder)
    result = measure(known(record.pull_request for each in archive.agents.values() for record in each))
    _show(archive, grouping_text.view(result, archive), grouping_text.text(result, archive), as_json=json)


@benchmarks.command("git-truth")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@options.as_json
def on_git_truth(folder: Path, json: bool) -> None:
    """Measure what `look` makes of real histories whose messages carry ids of runs.

    DIR holds a file NAME.jsonl.gz for each, with a commit a line. The truth is the id in a message that names
    exactly one. It is visible, then it is hidden from the rule that infers sessions.
    """
    histories = read_histories(folder)
    figures = {each.name: git_truth.measure(each) for each in histories.histories}
    _show(histories, git_truth_text.view(figures, histories), git_truth_text.text(figures, histories), as_json=json)


def run(arguments: Sequence[str]) -> int:
    """Run one benchmark; return 0, or 1 for a folder that cannot be used and 2 for wrong usage."""
    try:
        benchmarks.main(list(arguments), prog_name="python -m benchmarks.accuracy", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except PrSessionsError as error:
        return say_error(error)
    return 0


def _show(archive: Archive | Histories, view: Mapping[str, Any], text: Iterable[str], *, as_json: bool) -> None:
    for line in _warnings(archive):
        terminal.note(line)
    terminal.show(view, text, as_json=as_json)


def _warnings(archive: Archive | Histories) -> Iterator[str]:
    if archive.broken:
        yield f"left out, since they could not be read: {terminal.plural(len(archive.broken), 'line')}"
    yield from (f"  {one_line(place, 160)}" for place in archive.broken[:SHOWN_BROKEN])


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
