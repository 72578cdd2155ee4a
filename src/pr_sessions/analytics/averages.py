"""Averages that say "not known" instead of dividing by nothing."""

from collections.abc import Sequence
from datetime import timedelta
from math import isfinite
from statistics import fmean, median

LARGEST = 1e15  # no minutes or score are larger, and sums of such numbers stay finite
MINUTE = timedelta(minutes=1)


def average(values: Sequence[float]) -> float | None:
    """The mean, to two decimals."""
    return round(fmean(values), 2) if values else None


def middle(values: Sequence[float]) -> float | None:
    """The median, to two decimals."""
    return round(float(median(values)), 2) if values else None


def number(value: object) -> float | None:
    """The value where a file holds a usable number; `None` for text, truth values, NaN and the absurdly large."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= LARGEST and isfinite(value) else None
