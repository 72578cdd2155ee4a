"""How a server is set up: options of the command line, and secrets of the environment or of files that it names."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from pr_sessions.errors import InvalidValue, UnreadableFile
from pr_sessions.forges.github.access import Secret, api_address, web_host
from pr_sessions.io.files import read_bytes
from pr_sessions.io.places import followed

_MOST = 64 << 10


class Settings(Struct, frozen=True, kw_only=True):
    """How a server runs.

    Attributes:
        host: the address that it listens on.
        port: 0 for any that is free.
        public_url: where people and GitHub reach it, without a slash at its end; empty for where it listens.
        database: a URL of SQLAlchemy; empty for the files of a clone.
        processes: how many answer side by side.
        proxies: how many proxies in front of it are trusted to say where a request came from.
        api: the address of GitHub's interface.
        secret: signs cookies.
        webhook_secret: of the App.
        client_id: of the App, for logging in.
        client_secret: of the App, for logging in.
        organisation: whose members may log in; empty where nobody may by GitHub.
        administrators: logins in lower case.
        oidc_issuer: of another provider for logging in; empty for none.
        oidc_client_id: there.
        oidc_client_secret: there.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    public_url: str = ""
    database: str = ""
    processes: int = 1
    proxies: int = 0
    api: str = "https://api.github.com"
    secret: Secret | None = None
    webhook_secret: Secret | None = None
    client_id: str = ""
    client_secret: Secret | None = None
    organisation: str = ""
    administrators: frozenset[str] = frozenset()
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: Secret | None = None

    @property
    def web(self) -> str:
        """Return the address of GitHub's pages, such as `https://github.com`."""
        scheme = "http" if self.api.startswith("http:") else "https"
        return f"{scheme}://{web_host(self.api)}"


def with_environment(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """Return the settings with what the environment says.

    Every secret may stand in a file that `..._FILE` names, as container platforms mount them.

    Raises:
        InvalidValue: a variable cannot be used, or its file cannot be read.
    """
    from msgspec.structs import replace

    database = read_secret(environ, "PR_SESSIONS_DATABASE")
    names = environ.get("PR_SESSIONS_ADMINS", "").replace(",", " ").lower().split()
    return replace(
        settings,
        # A URL with a password is no argument: every user of the machine can read those.
        database=settings.database or (database.reveal() if database else ""),
        processes=_number(environ, "PR_SESSIONS_PROCESSES", "how many processes answer side by side") or 1,
        proxies=_number(environ, "PR_SESSIONS_PROXIES", "how many proxies stand in front"),
        api=api_address(environ),
        secret=read_secret(environ, "PR_SESSIONS_SECRET"),
        webhook_secret=read_secret(environ, "PR_SESSIONS_WEBHOOK_SECRET"),
        client_id=environ.get("PR_SESSIONS_CLIENT_ID", "").strip(),
        client_secret=read_secret(environ, "PR_SESSIONS_CLIENT_SECRET"),
        organisation=environ.get("PR_SESSIONS_ORGANISATION", "").strip(),
        administrators=frozenset(names),
        oidc_issuer=environ.get("PR_SESSIONS_OIDC_ISSUER", "").strip().rstrip("/"),
        oidc_client_id=environ.get("PR_SESSIONS_OIDC_CLIENT_ID", "").strip(),
        oidc_client_secret=read_secret(environ, "PR_SESSIONS_OIDC_CLIENT_SECRET"),
    )


def check_public_url(url: str) -> None:
    """Refuse what is no address of a server; an empty one is none.

    Raises:
        InvalidValue: nobody could open it.
    """
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if url and not (is_address and url.isprintable() and not (parts.username or parts.query or parts.fragment)):
        raise InvalidValue("--public-url is no address of a server", "write it like https://sessions.example.com")


def read_secret(environ: Mapping[str, str], name: str) -> Secret | None:
    """Return a secret of the environment, or of the file that `NAME_FILE` names; `None` where neither is set.

    Raises:
        InvalidValue: both are set, or the file cannot be read; the message shows neither.
    """
    text, path = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
    if text and path:
        raise InvalidValue(f"{name} and {name}_FILE are both set", "set one of them")
    if path:
        try:
            text = (read_bytes(followed(path), _MOST) or b"").decode("utf-8", "strict").strip()
        except (UnreadableFile, UnicodeDecodeError):
            text = ""
        if not text:
            raise InvalidValue(f"{name}_FILE names no file with a secret in it", "check the path and who may read it")
    return Secret(text) if text else None


def _number(environ: Mapping[str, str], name: str, meaning: str) -> int:
    text = environ.get(name, "").strip() or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 3):
        raise InvalidValue(f"{name} is no small number: {text[:20]!r}", f"it says {meaning}")
    return int(text)
