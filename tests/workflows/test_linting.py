"""What we hand to teams has nothing to blame it for, as strictly as the linters can look."""

from pathlib import Path

from linting import findings
from repositories import lay, lay_own

CARELESS = """\
name: Careless
on: pull_request_target
jobs:
  greet:
    runs-on: ubuntu-latest
    steps:
      - run: echo ${{ github.event.pull_request.title }}
      - run: rm $UNQUOTED
"""


def test_the_workflows_and_the_lines_to_paste_are_clean(tmp_path: Path) -> None:
    assert findings(lay(tmp_path)) == ""


def test_our_own_action_is_clean(tmp_path: Path) -> None:
    assert findings(lay_own(tmp_path)) == ""


def test_each_linter_looks(tmp_path: Path) -> None:
    said = findings(lay(tmp_path, {".github/workflows/careless.yml": CARELESS}))
    assert [word in said for word in ("error[template-injection]", "SC2086", "[missing-timeout]")] == [True] * 3
