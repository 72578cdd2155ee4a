"""What a tool returned, in any shape in which hosts pass it on, and the pull request whose URL is in it."""

from pr_sessions.hooks.payload import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LONGEST = 64 * 1024
_FIELDS = ("html_url", "web_url", "url")
_TEXTS = (
    "stdout",
    "output",
    "returnDisplay",
    "llmContent",
    "textResultForLlm",
    "text_result_for_llm",
    "content",
    "text",
)
_SUCCEEDED = ("exit code: 0", "exited with exit code 0")
_LINES = 2000
_LONGEST_LINE = 1000
_DEEPEST = 8
_LONGEST_URL = 300
_IN_A_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def pull_request(text: str) -> str:
    """Return the URL of a pull request or merge request without what follows its number; empty if it is none."""
    if len(text) > _LONGEST_URL or not text.startswith("https://"):
        return ""
    for path, fewest, most in (("/pull/", 2, 2), ("/-/merge_requests/", 2, 20)):
        project, _, rest = text.partition(path)
        end = next((i for i, c in enumerate(rest) if not ("0" <= c <= "9")), len(rest))
        address, *names = project[len("https://") :].split("/")
        host, colon, port = address.partition(":")
        if (
            0 < end <= 18
            and rest[end : end + 1] in ("", "/", "?", "#")
            and fewest <= len(names) <= most
            and all(map(_is_name, (host, *names)))
            and (not colon or port.isdigit())
        ):
            return f"{project}{path}{rest[:end]}"
    return ""


def _is_name(text: str) -> bool:
    return 0 < len(text) <= 100 and text not in (".", "..") and all(c in _IN_A_NAME for c in text)


def success(result: object, depth: int = 0, *, errors: bool = True) -> str | None:
    """Return the text of a result; `None` if it reports a failure or has no text.

    Args:
        result: in any shape.
        depth: how deep in another result it lies.
        errors: whether standard error belongs to it, where it is apart: git reports a push there.
    """
    if isinstance(result, str):
        value = parse(result) if result.lstrip().startswith("{") and depth < _DEEPEST else None
        if value is not None:
            return success(value, depth + 1, errors=errors)
        return None if _reports_failure(result) else result
    if isinstance(result, list) and depth < _DEEPEST:
        texts = [text for part in result[:100] if (text := success(part, depth + 1, errors=errors)) is not None]
        return "\n".join(texts) if texts else None
    if isinstance(result, dict) and depth < _DEEPEST:
        return None if _failed(result) else _text_of(result, depth, errors=errors)
    return None


def says_success(result: object) -> bool:
    """Tell whether a result says that the last command succeeded; many shapes leave that open."""
    if isinstance(result, str):
        value = parse(result) if result.lstrip().startswith("{") else None
        if value is None:
            return any(label in line.lower() for line in lines(result) for label in _SUCCEEDED)
        result = value
    if not isinstance(result, dict) or _failed(result):
        return False
    meta = result.get("metadata")
    codes = [part.get(key) for part in (result, meta) if isinstance(part, dict) for key in ("exit_code", "exitCode")]
    # Claude Code reports a failure by another event.
    is_whole = isinstance(result.get("stdout"), str) and result.get("interrupted") is False
    kind = result.get("resultType") or result.get("result_type")
    content = result.get("llmContent")
    return 0 in codes or is_whole or kind == "success" or (isinstance(content, str) and says_success(content))


def _text_of(result: dict[str, "Any"], depth: int, *, errors: bool) -> str | None:
    if "stderr" in result and isinstance(result.get("stdout"), str):
        apart = result["stderr"] if errors else None
        return f"{result['stdout']}\n{apart}" if isinstance(apart, str) else result["stdout"]
    if isinstance(result.get("already_open"), bool):
        # The whole output of `pr-sessions open --json`.
        return "" if result["already_open"] else f"address {result.get('url')}"
    for key in _TEXTS:
        if result.get(key):
            return success(result[key], depth + 1, errors=errors)
    return None


def _failed(result: dict[str, "Any"]) -> bool:
    meta = result.get("metadata")
    codes = [part.get(key) for part in (result, meta) if isinstance(part, dict) for key in ("exit_code", "exitCode")]
    kind = result.get("resultType") or result.get("result_type") or "success"
    # Gemini reports the exit code only in the text for the model.
    content = result.get("llmContent")
    return (
        any(code not in (None, 0) for code in codes)
        or kind != "success"
        or bool(result.get("isError") or result.get("is_error") or result.get("interrupted") or result.get("error"))
        or (isinstance(content, str) and _reports_failure(content))
    )


def _reports_failure(text: str) -> bool:
    for line in lines(text):
        for label in ("exit code: ", "exited with exit code "):
            code = line.lower().partition(label)[2]
            if code[:1].isdigit() and not code.startswith("0"):
                return True
    return False


def url_in(result: object, depth: int = 0) -> str:
    """Return the URL in the result of a tool that creates pull requests: from a field, or the only one in its text."""
    if isinstance(result, dict):
        if depth >= _DEEPEST or _failed(result):
            return ""
        named = (pull_request(result[key]) for key in _FIELDS if isinstance(result.get(key), str))
        inner = (result[key] for key in _TEXTS if result.get(key))
        return next(filter(None, (*named, *(url_in(part, depth + 1) for part in inner))), "")
    if isinstance(result, list) and depth < _DEEPEST:
        return next(filter(None, (url_in(part, depth + 1) for part in result[:100])), "")
    if not isinstance(result, str) or depth >= _DEEPEST:
        return ""
    value = parse(result) if result.lstrip().startswith("{") else None
    if value is not None:
        return url_in(value, depth + 1)
    urls = {url for word in result[:_LONGEST].split() if (url := pull_request(word.strip("\"'()<>[],.")))}
    return urls.pop() if len(urls) == 1 else ""


def lines(text: str) -> list[str]:
    """Return the first and the last lines, plain."""
    every = text.splitlines()
    return [_plain(line) for line in (*every[:_LINES], *every[_LINES:][-_LINES:])]


def _plain(line: str) -> str:
    """Remove colours and the word before a program's output; a long line, which holds no URL of interest, is empty."""
    if len(line) > _LONGEST_LINE:
        return ""
    while (begin := line.find("\x1b[")) >= 0:
        end = next((i for i in range(begin + 2, len(line)) if line[i].isalpha()), len(line) - 1)
        line = line[:begin] + line[end + 1 :]
    return line.strip().removeprefix("Output: ")
