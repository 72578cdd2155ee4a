"""Signatures by what they are compared with, so that a pull request costs as much as it says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from pr_sessions.core.patterns import start
from pr_sessions.core.signature import Kind, Signature

_NO_REPLY = "@users.noreply.github.com"
_APP = "app/"
# GitHub's own account for workflows: commits of several agents have its number with a login of theirs.
_OF_WORKFLOWS = 41898282
_PEOPLE = (Kind.AUTHOR, Kind.DEPENDENCY_BOT, Kind.COMMIT_AUTHOR, Kind.CO_AUTHOR)
_TEXTS = (Kind.BRANCH, Kind.BODY, Kind.LINE, Kind.COMMENT)


class Account(Struct, frozen=True):
    """Somebody's login and number on the forge, as far as they are known; logins are without upper case."""

    login: str = ""
    number: int | None = None


def account(text: str, number: int | None = None) -> Account:
    """Return an account by `login` or `login#id`; `app/name`, as GitHub's command line writes it, is `name[bot]`."""
    login, _, digits = text.partition("#")
    login = login.casefold()
    if login.startswith(_APP):
        login = f"{login.removeprefix(_APP)}[bot]"
    # Python refuses to read a number of thousands of digits, and a stranger may write one.
    return Account(login, int(digits) if digits.isdecimal() and len(digits) <= 18 else number)


def identity(text: str) -> str | Account | None:
    """Return who wrote a commit: an address, the account in a forge's own address, or a login without address."""
    address = text.strip().casefold()
    if not address.endswith(_NO_REPLY):
        return address if "@" in address else account(address) if address else None
    number, plus, login = address.removesuffix(_NO_REPLY).partition("+")
    return Account(login, int(number)) if plus and number.isdecimal() and len(number) <= 18 else None


class People(Struct, frozen=True):
    """Signatures by the accounts and addresses that they name.

    Attributes:
        logins: of all accounts.
        renamable: logins of which no number is known.
        exact: accounts whose number others have as well.
    """

    addresses: Mapping[str, list[Signature]]
    numbers: Mapping[int, list[Signature]]
    logins: Mapping[str, list[Signature]]
    renamable: Mapping[str, list[Signature]]
    exact: Mapping[Account, list[Signature]]

    def signatures_of(self, person: str | Account) -> Iterable[Signature]:
        """Return those that name a person; a number counts more than a login, which can change hands."""
        if isinstance(person, str):
            return self.addresses.get(person, ())
        if person.number is None:
            return self.logins.get(person.login, ())
        by_number = self.numbers.get(person.number, ())
        return (*by_number, *self.renamable.get(person.login, ()), *self.exact.get(person, ()))


class Index(Struct, frozen=True):
    """Signatures by what they are compared with.

    Attributes:
        starts: of the templates of each kind.
        parts: those of the starts that are needed to see whether a text holds any of them.
        trailers: templates by key.
    """

    people: Mapping[Kind, People]
    starts: Mapping[Kind, tuple[str, ...]]
    parts: Mapping[Kind, tuple[str, ...]]
    texts: Mapping[Kind, list[tuple[str, Signature]]]
    trailers: Mapping[str, list[tuple[str, Signature]]]


@cache
def index_of(signatures: tuple[Signature, ...]) -> Index:
    """Return the signatures by what they are compared with."""
    values: dict[Kind, list[tuple[str, Signature]]] = defaultdict(list)
    for signature in signatures:
        values[signature.kind] += [(value, signature) for value in signature.any]
    trailers: dict[str, list[tuple[str, Signature]]] = defaultdict(list)
    for value, signature in values[Kind.TRAILER]:
        key, _, template = value.partition(": ")
        trailers[key.casefold()].append((template, signature))
    texts = {kind: values[kind] for kind in _TEXTS}
    texts |= {kind: [(value.casefold(), s) for value, s in values[kind]] for kind in (Kind.TITLE, Kind.LABEL)}
    starts = {kind: tuple(start(template) for template, _ in pairs) for kind, pairs in texts.items()}
    return Index(
        people={kind: _people(values[kind]) for kind in _PEOPLE},
        starts=starts,
        parts={kind: _shortest(each) for kind, each in starts.items()},
        texts=texts,
        trailers=dict(trailers),
    )


def _shortest(starts: Iterable[str]) -> tuple[str, ...]:
    """Return those that hold no other."""
    each = dict.fromkeys(starts)
    return tuple(text for text in each if not any(start in text for start in each if start != text))


def _people(values: Iterable[tuple[str, Signature]]) -> People:
    people = People(*(defaultdict[Any, list[Signature]](list) for _ in range(5)))
    for value, signature in values:
        person = value.casefold() if "@" in value else account(value)
        if isinstance(person, str):
            people.addresses[person].append(signature)
            continue
        people.logins[person.login].append(signature)
        if person.number is None:
            people.renamable[person.login].append(signature)
        elif person.number == _OF_WORKFLOWS:
            people.exact[person].append(signature)
        else:
            people.numbers[person.number].append(signature)
    return people
