"""What came out of a tool, in any shape in which hosts pass it on."""

from pr_sessions.agents.addresses import pull_request
from pr_sessions.agents.payload import parse

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
_LINES = 2000
_LONGEST_LINE = 1000
_DEEPEST = 8


def success(result: object, depth: int = 0) -> str | None:
    """The text of a result; `None` where it says that it failed, or that there is none."""
    if isinstance(result, str):
        opened = parse(result) if result.lstrip().startswith("{") and depth < _DEEPEST else None
        if opened is not None:
            return success(opened, depth + 1)
        return None if _tells_of_failure(result) else result
    if isinstance(result, list) and depth < _DEEPEST:
        texts = [text for part in result[:100] if (text := success(part, depth + 1)) is not None]
        return "\n".join(texts) if texts else None
    if isinstance(result, dict) and depth < _DEEPEST:
        return None if _failed(result) else _text_of(result, depth)
    return None


def _text_of(result: dict[str, "Any"], depth: int) -> str | None:
    if "stderr" in result and isinstance(result.get("stdout"), str):
        # What git says of a push it says there.
        return f"{result['stdout']}\n{result['stderr']}" if isinstance(result["stderr"], str) else result["stdout"]
    if isinstance(result.get("already_open"), bool):
        # What `pr-sessions open --json` prints, as the whole output.
        return "" if result["already_open"] else f"address {result.get('url')}"
    for key in _TEXTS:
        if result.get(key):
            return success(result[key], depth + 1)
    return None


def _failed(result: dict[str, "Any"]) -> bool:
    meta = result.get("metadata")
    codes = [part.get(key) for part in (result, meta) if isinstance(part, dict) for key in ("exit_code", "exitCode")]
    kind = result.get("resultType") or result.get("result_type") or "success"
    # Gemini tells the exit code in the text for the model only.
    spoken = result.get("llmContent")
    return (
        any(code not in (None, 0) for code in codes)
        or kind != "success"
        or bool(result.get("isError") or result.get("is_error") or result.get("interrupted") or result.get("error"))
        or (isinstance(spoken, str) and _tells_of_failure(spoken))
    )


def _tells_of_failure(text: str) -> bool:
    for line in lines(text):
        for sign in ("exit code: ", "exited with exit code "):
            _, found, rest = line.lower().partition(sign)
            if found and rest[:1].isdigit() and not rest.startswith("0"):
                return True
    return False


def address_in(result: object, depth: int = 0) -> str:
    """The address in the result of a tool that creates pull requests: in a field of its own, or as the only one."""
    if isinstance(result, dict):
        if depth >= _DEEPEST or _failed(result):
            return ""
        named = (pull_request(result[key]) for key in _FIELDS if isinstance(result.get(key), str))
        inner = (result[key] for key in _TEXTS if result.get(key))
        return next(filter(None, (*named, *(address_in(part, depth + 1) for part in inner))), "")
    if isinstance(result, list) and depth < _DEEPEST:
        return next(filter(None, (address_in(part, depth + 1) for part in result[:100])), "")
    if not isinstance(result, str) or depth >= _DEEPEST:
        return ""
    opened = parse(result) if result.lstrip().startswith("{") else None
    if opened is not None:
        return address_in(opened, depth + 1)
    urls = {url for word in result[:_LONGEST].split() if (url := pull_request(word.strip("\"'()<>[],.")))}
    return urls.pop() if len(urls) == 1 else ""


def lines(text: str) -> list[str]:
    """The first and the last lines, plain."""
    every = text.splitlines()
    return [_plain(line) for line in (*every[:_LINES], *every[_LINES:][-_LINES:])]


def _plain(line: str) -> str:
    """Without colours, and without the word before a program's output; long ones say nothing that we look for."""
    if len(line) > _LONGEST_LINE:
        return ""
    while (begin := line.find("\x1b[")) >= 0:
        end = next((i for i in range(begin + 2, len(line)) if line[i].isalpha()), len(line) - 1)
        line = line[:begin] + line[end + 1 :]
    return line.strip().removeprefix("Output: ")
