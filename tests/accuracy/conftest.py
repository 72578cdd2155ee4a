"""The benchmarks of accuracy as commands, outside any repository."""

from pathlib import Path

import pytest
from benchmarks.accuracy.__main__ import run
from measured import Benchmark, Result


@pytest.fixture
def benchmark(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Benchmark:
    """Run a benchmark in this process: `benchmark("grouping", "folder", "--json")`."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        code = run(list(arguments))
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return call
