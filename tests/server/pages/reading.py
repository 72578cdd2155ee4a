"""What stands in a page, for tests that need no browser."""

from html.parser import HTMLParser

_VOID = {"meta", "link", "input", "img", "br"}
_BLOCKS = {"p", "li", "div", "td", "dt", "dd"}


class _Texts(HTMLParser):
    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._tag = tag
        self._attributes = attributes
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if any(self._open) and (tag in _BLOCKS or named.get("class") == "sub"):
            self.texts[-1] += " "
        fits = tag == self._tag and all(named.get(name) == value for name, value in self._attributes.items())
        if fits:
            self.texts.append("")
        if tag not in _VOID:
            self._open.append(fits)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser's
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if any(self._open):
            self.texts[-1] += data


def texts(html: str, tag: str, **attributes: str) -> list[str]:
    """The texts of all elements of a tag with these attributes, `class_` for `class`; none of them nested."""
    parser = _Texts(tag, {name.rstrip("_"): value for name, value in attributes.items()})
    parser.feed(html)
    return [" ".join(text.split()) for text in parser.texts]


def addresses(html: str, tag: str = "a", attribute: str = "href") -> list[str]:
    """Where the links of a page lead."""
    found: list[str] = []

    class Links(HTMLParser):
        def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
            value = dict(attrs).get(attribute)
            if name == tag and value is not None:
                found.append(value)

    Links().feed(html)
    return found
