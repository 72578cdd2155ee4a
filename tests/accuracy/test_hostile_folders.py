"""Whatever the files of a folder hold, a benchmark measures the rest of it or says what is wrong."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measured import Benchmark

from fuzz.hostile import hostile, spoilt

PULL_REQUESTS = b"""id,number,title,user,user_id,created_at,closed_at,merged_at,repo_url,body
1,7,"Fix, at last",bot,42,2025-11-22T10:00:00Z,,,https://api.github.com/repos/ada/shop,"a
https://app.devin.ai/sessions/0123456789abcdef0123456789abcdef"
"""
COMMITS = b"pr_id,sha,author,committer,message\n1,6dcb09b5b578,bot,bot,x\n"


@pytest.mark.parametrize("name", ["detection", "grouping"])
@settings(hostile, max_examples=max(12, hostile.max_examples // 5))
@given(pull_requests=st.one_of(st.just(PULL_REQUESTS), spoilt(PULL_REQUESTS)), commits=spoilt(COMMITS))
def test_no_bytes_end_it_with_a_traceback(
    tmp_path: Path, benchmark: Benchmark, name: str, pull_requests: bytes, commits: bytes
) -> None:
    (tmp_path / "given/Devin").mkdir(parents=True, exist_ok=True)
    (tmp_path / "given/Devin/prs.csv").write_bytes(pull_requests)
    (tmp_path / "given/Devin/pr_commits.csv").write_bytes(commits)
    assert benchmark(name, "given").code in (0, 1)
