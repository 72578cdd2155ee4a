"""The bound of nesting that holds for all JSON that comes in."""

# A value may stand inside this many objects and lists. A file of ours needs nine.
DEEPEST = 100
TOO_DEEP = "it is nested too deeply"


def nests_too_deeply(value: object) -> bool:
    """Return whether anything in a decoded JSON value stands inside more than `DEEPEST` objects and lists."""
    level = [value]
    for _ in range(DEEPEST + 1):
        inner: list[object] = []
        for each in level:
            if isinstance(each, dict):
                inner += each.values()
            elif isinstance(each, list):
                inner += each
        if not inner:
            return False
        level = inner
    return True
