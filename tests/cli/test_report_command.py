"""`report` prints and saves the analytics."""

from datetime import UTC, datetime
from pathlib import Path

from command_line import Cli
from merged import shop


def test_it_prints_one_page_with_the_figures(repo: Path, cli: Cli) -> None:
    shop(repo)
    cli("import", "--git")
    lines = cli("report").out.splitlines()

    assert (lines[0], lines[4]) == (
        "# Auto-PR Session Analytics",
        "**3 pull requests in 2 sessions**: one review covers 1.5 on average.",
    )


def test_without_sessions_it_says_so_and_writes_nothing(repo: Path, cli: Cli) -> None:
    assert cli("report").out.splitlines()[-1] == "No sessions and no pull requests are recorded yet."
    assert not (repo / "docs").exists()


def test_json_has_the_figures(repo: Path, cli: Cli) -> None:
    shop(repo)
    cli("import", "--git")
    found = cli("report", "--json").json

    assert (found["reduction"], found["saved"]) == ({"pull_requests": 3, "sessions": 2, "factor": 1.5}, None)


def test_save_writes_the_page_of_the_day_and_prints_its_path(repo: Path, cli: Cli) -> None:
    shop(repo)
    cli("import", "--git")
    before = datetime.now(UTC)
    said = cli("report", "--save").out.removeprefix("Saved ").strip()
    days = {f"{moment:%Y%m%d}" for moment in (before, datetime.now(UTC))}

    assert said in {str(repo / f"docs/metrics/analytics/session_analytics_{day}.md") for day in days}
    assert Path(said).read_text(encoding="utf-8").startswith("# Auto-PR Session Analytics\n")


def test_the_day_is_that_of_the_teams_zone(repo: Path, cli: Cli) -> None:
    config = repo / ".cursor/config/session_config.yaml"
    config.parent.mkdir(parents=True)
    days = set()
    for zone in ("Pacific/Kiritimati", "Pacific/Midway"):
        config.write_text(f"time_zone: {zone}\n", encoding="utf-8")
        days.add(cli("report", "--save", "--json").json["saved"])

    assert len(days) == 2


def test_a_second_save_replaces_the_first(repo: Path, cli: Cli) -> None:
    first = cli("report", "--save", "--json").json["saved"]
    shop(repo)
    cli("import", "--git")
    second = cli("report", "--save", "--json").json["saved"]

    assert "3 pull requests" in Path(second).read_text(encoding="utf-8")
    assert len(list(Path(first).parent.iterdir())) in {1, 2}  # two only around midnight
