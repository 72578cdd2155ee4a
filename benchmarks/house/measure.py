"""A figure, its goal, and the table of all."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).parents[2]
GLOSSARY = "docs/glossary.md"


class Measure(Struct, frozen=True):
    """A figure and its goal.

    Attributes:
        key: its short name, for `--places`.
        name: what is counted.
        value: today's, `None` where it is not counted here.
        goal: the most that it may be.
        unit: behind the value.
        places: what was counted, one line each, where that is of use.
    """

    key: str
    name: str
    value: float | None
    goal: float
    unit: str = ""
    places: tuple[str, ...] = ()

    @property
    def is_reached(self) -> bool | None:
        """Whether the goal is reached; `None` where there is no value."""
        return None if self.value is None else self.value <= self.goal


def counted(counts: Mapping[str, int], keys: Iterable[str]) -> tuple[str, ...]:
    """List keys in this order, each behind its count."""
    return tuple(f"{counts[key]:>6} {key}" for key in keys)


def table(measured: Iterable[Measure]) -> Iterator[str]:
    """Yield a line for each measure: name, value, goal, and whether it is reached."""
    verdicts = {True: "reached", False: "MISSED", None: "-"}
    yield f"{'measure':<78}{'value':>15}{'goal':>15}"
    for m in measured:
        value = "-" if m.value is None else f"{m.value:,}{m.unit}"
        yield f"{m.name:<78}{value:>15}{f'{m.goal:,}{m.unit}':>15}  {verdicts[m.is_reached]}"
