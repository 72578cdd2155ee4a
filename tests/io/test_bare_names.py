"""No source file starts a program by its bare name, which a system would look for in the current folder."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import pr_sessions

SOURCE = Path(pr_sessions.__file__).parent
FILES = {path.relative_to(SOURCE).as_posix(): path.read_text("utf-8") for path in sorted(SOURCE.rglob("*.py"))}

_SUBPROCESS = {"run", "call", "check_call", "check_output", "Popen", "getoutput", "getstatusoutput"}
_EXEC = {"execl", "execle", "execlp", "execlpe", "execv", "execve", "execvp", "execvpe", "posix_spawn", "posix_spawnp"}
_SPAWN = {"spawnl", "spawnle", "spawnlp", "spawnlpe", "spawnv", "spawnve", "spawnvp", "spawnvpe"}
# They search for the program themselves, or give it to a shell.
_NEVER = {"system", "popen", "startfile", "execlp", "execlpe", "execvp", "execvpe", "posix_spawnp"}
_NEVER |= {name for name in _SPAWN if name.endswith(("p", "pe"))} | {"which", "getoutput", "getstatusoutput"}
_ASYNC = {"create_subprocess_exec", "create_subprocess_shell"}
_MODULES = {"os", "subprocess", "shutil", "asyncio"}


def bare_names(text: str) -> list[str]:
    """What in a source file starts a program, or looks for one, by a name that is no full path: `line: code`."""
    tree = ast.parse(text)
    imported = _imported(tree)
    return [
        f"{node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _bad(node, tree, imported)
    ]


def _bad(call: ast.Call, tree: ast.Module, imported: Mapping[str, str]) -> bool:
    name = _starter(call, imported)
    if name is None:
        return False
    if name in _NEVER | _ASYNC or any(word.arg in ("shell", "executable") for word in call.keywords):
        return True
    index = 1 if name in _SPAWN else 0
    program = (
        call.args[index] if len(call.args) > index else next((w.value for w in call.keywords if w.arg == "args"), None)
    )
    return program is None or any(_is_bare(leaf) for leaf in _leaves(program, tree, set()))


def _imported(tree: ast.Module) -> Mapping[str, str]:
    """Functions that were imported by name, with the module that they are of."""
    return {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in _MODULES
        for alias in node.names
    }


def _starter(call: ast.Call, imported: Mapping[str, str]) -> str | None:
    names = _SUBPROCESS | _EXEC | _SPAWN | _NEVER | _ASYNC
    match call.func:
        case ast.Attribute(value=ast.Name(id=module), attr=name) if module in _MODULES and name in names:
            return name
        case ast.Name(id=name) if imported.get(name) in names:
            return imported[name]
    return None


def _leaves(node: ast.expr, tree: ast.Module, seen: set[str]) -> Iterator[ast.expr]:
    """The first words of a command line, through names and functions of the same file, as far as they say one."""
    match node:
        case ast.List(elts=[first, *_]) | ast.Tuple(elts=[first, *_]):
            yield from _leaves(first, tree, seen)
        case ast.BinOp(left=left):
            yield from _leaves(left, tree, seen)
        case ast.IfExp(body=body, orelse=other):
            yield from _leaves(body, tree, seen)
            yield from _leaves(other, tree, seen)
        case ast.Starred(value=value) | ast.Subscript(value=value):
            yield from _leaves(value, tree, seen)
        case ast.Name(id=name) if name not in seen:
            for value in _assigned(name, tree):
                yield from _leaves(value, tree, seen | {name})
        case ast.Call(func=ast.Name(id=name)) if name not in seen:
            for value in _returned(name, tree):
                yield from _leaves(value, tree, seen | {name})
        case _:
            yield node


def _assigned(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value) if any(
                isinstance(t, ast.Name) and t.id == name for t in targets
            ):
                yield value
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if found == name:
                yield value
            case ast.NamedExpr(target=ast.Name(id=found), value=value) if found == name:
                yield value


def _returned(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            yield from (inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return) and inner.value)


def _is_bare(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str(text)):
            return not text.startswith("/")
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            # A quote before a full path is how Windows takes one with spaces.
            return text not in ('"', "'")
    return False


def test_no_file_starts_a_program_by_its_bare_name() -> None:
    assert {name: found for name, text in FILES.items() if (found := bare_names(text))} == {}


@pytest.mark.parametrize(
    "code",
    [
        'import subprocess\nsubprocess.run(["git", "log"])',
        'import subprocess\nsubprocess.run(args=["git", "log"])',
        'import subprocess\nsubprocess.Popen(("git", *words))',
        'import subprocess\nsubprocess.run("git")',
        'import subprocess\nsubprocess.run(f"cmd /c {line}")',
        "import subprocess\nsubprocess.run(words, shell=True)",
        'from subprocess import run\nrun(["git"])',
        'from subprocess import run as go\ngo(["git"])',
        'def f():\n    from subprocess import check_output\n    words = ["git"]\n    check_output(words)',
        'import subprocess\ndef words():\n    return ["sh", "-c"]\nsubprocess.run(words())',
        'import subprocess\nGIT = "git"\nsubprocess.run([GIT, "log"])',
        'import subprocess\nsubprocess.run(["git"] + words)',
        'import subprocess\nsubprocess.run(["./git"])',
        'import subprocess\nsubprocess.run([path if path else "git"])',
        "import os\nos.execvp(path, words)",
        'import os\nos.execv("git", ["git"])',
        'import os\nos.spawnv(os.P_WAIT, "git", ["git"])',
        "import os\nos.system(line)",
        'import os\nos.posix_spawn("git", words, {})',
        'import shutil\nshutil.which("git")',
        'from shutil import which\nwhich("git")',
        'import asyncio\nasyncio.create_subprocess_exec("git")',
    ],
)
def test_the_search_finds_every_spelling(code: str) -> None:
    assert len(bare_names(code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        'import subprocess\nsubprocess.run([find_program("git"), "log"])',
        'import subprocess, sys\nsubprocess.run([sys.executable, "-c", "pass"])',
        'import subprocess\nsubprocess.run(["/bin/sh", "-c", line])',
        "import os\nos.posix_spawn(words[0], words, {})",
        "run(['git'])",
    ],
)
def test_a_full_path_passes(code: str) -> None:
    assert bare_names(code) == []
