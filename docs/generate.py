"""Rewrites the parts of the documentation that are generated from the code: `python docs/generate.py`."""

from pathlib import Path

from pr_sessions.sessions.diagram import mermaid
from pr_sessions.sessions.policy import Policy

LIFECYCLE = Path(__file__).parent / "concepts" / "lifecycle.md"
BEGIN, END = "<!-- generated: state diagram -->\n", "<!-- end of the generated part -->\n"


def with_diagram(page: str) -> str:
    """The page with the state diagram of today's rules between its two comments."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}```mermaid\n{mermaid(Policy())}\n```\n{END}{after}"


def main() -> None:
    """Writes every generated part."""
    LIFECYCLE.write_text(with_diagram(LIFECYCLE.read_text("utf-8")), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
