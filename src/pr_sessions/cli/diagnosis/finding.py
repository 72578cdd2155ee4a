"""What a check finds."""

from enum import StrEnum

from msgspec import Struct


class Severity(StrEnum):
    """How bad it is: work stops or data is at risk; something is wrong; good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(Struct, frozen=True):
    """One inconsistency.

    Attributes:
        place: the file, with the line or the session where there is one.
        way_out: what to do or type.
    """

    severity: Severity
    problem: str
    place: str
    way_out: str
