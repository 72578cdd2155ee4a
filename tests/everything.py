"""Import everything that a command may import, in a process from which commands are forked."""

import ast
import pkgutil
from contextlib import suppress
from importlib import import_module
from pathlib import Path


def import_everything() -> None:
    """Import our modules, and what their functions import later."""
    import pr_sessions

    for name in ("encodings.idna", "encodings.utf_8_sig", "multiprocessing.util", "pdb"):
        import_module(name)
    for module in pkgutil.walk_packages(pr_sessions.__path__, "pr_sessions."):
        # Alembic runs the migrations, where it has prepared what they use.
        if not any(name in module.name for name in ("scripts", "__main__", "migrations")):
            _import(module.name)


def _import(module: str) -> None:
    try:
        source = import_module(module).__file__
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("pr_sessions"):
            raise
        return  # A package of an extra that this interpreter does not have.
    for name in _imported_by(Path(str(source))):
        with suppress(ImportError):
            import_module(name)


def _imported_by(source: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(source.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
