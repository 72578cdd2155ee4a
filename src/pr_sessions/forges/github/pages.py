"""The addresses of a list's pages, as GitHub numbers them. Pure."""

from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit


def page_number(address: str) -> int | None:
    """Which page of a list an address stands for, if it says so."""
    told = parse_qs(urlsplit(address).query).get("page", [""])[0]
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None


def is_numbered(following: str, url: str) -> bool:
    """Whether the address of the second page has its number and nothing else that the first one's has not."""
    names = {name for name, _ in parse_qsl(urlsplit(following).query)} - {"page"}
    return page_number(following) == 2 and names <= {name for name, _ in parse_qsl(urlsplit(url).query)}


def with_page(address: str, page: int) -> str:
    """The address of another page of the same list."""
    parts = urlsplit(address)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "page"]
    return parts._replace(query=urlencode([*query, ("page", str(page))])).geturl()


def last_page(link: str) -> int | None:
    """How many pages there are: the number in the link to the last one."""
    parts = (part.partition(";") for part in link.split(","))
    return next((page_number(address.strip(" <>")) for address, _, rel in parts if 'rel="last"' in rel), None)
