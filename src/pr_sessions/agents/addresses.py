"""Addresses of pull requests, as forges print them."""

LONGEST = 300
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def pull_request(text: str) -> str:
    """The plain address of the pull request or merge request that the text is, without what follows its number.

    Empty if it is none.
    """
    if len(text) > LONGEST or not text.startswith("https://"):
        return ""
    for mark, shortest, longest in (("/pull/", 2, 2), ("/-/merge_requests/", 2, 20)):
        place, found, rest = text.partition(mark)
        digits = _digits(rest)
        names = place[len("https://") :].split("/")
        host = names[0].partition(":")
        if (
            found
            and digits
            and shortest <= len(names) - 1 <= longest
            and _is_name(host[0])
            and (not host[1] or host[2].isdigit())
            and all(map(_is_name, names[1:]))
        ):
            return f"{place}{mark}{digits}"
    return ""


def _digits(text: str) -> str:
    """The number at the start, if nothing but a longer path, a query or a fragment follows."""
    end = next((i for i, c in enumerate(text) if not ("0" <= c <= "9")), len(text))
    return text[:end] if 0 < end <= 18 and text[end : end + 1] in ("", "/", "?", "#") else ""


def _is_name(text: str) -> bool:
    return 0 < len(text) <= 100 and text not in (".", "..") and all(c in _NAME for c in text)
