"""Names of ssh's configuration for tests: a real configuration file, read by the real ssh where one is installed."""

import os
import shlex
import shutil
from pathlib import Path

import pytest

# OpenSSH reads the user's file from the account's home, whatever HOME says, so it is given with `-F`.
_REAL = 'exec {ssh} -F {config} "$@"\n'
# As much of `ssh -G` as the tests use: https://man.openbsd.org/ssh#G
_STAND_IN = """for last; do :; done
awk -v name="${{last#*@}}" '
    $1 == "Host" {{ here = $2 == name }}
    $1 == "HostName" && here && !host {{ host = $2 }}
    END {{ print "host " name; print "hostname " (host ? host : name) }}
' {config}
"""


class SshNames:
    """An `ssh` on PATH that reads one configuration file and writes down how it was called."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder.mkdir()
        self._config, self._calls, self._program = folder / "config", folder / "calls", folder / "ssh"
        self._config.touch(0o600)
        self._calls.touch()
        real = shutil.which("ssh")
        line = _REAL if real else _STAND_IN
        self.answer(line.format(ssh=shlex.quote(real or ""), config=shlex.quote(str(self._config))))
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def answer(self, script: str) -> None:
        """Replace what the program does after it has written down its arguments."""
        self._program.write_text(f'#!/bin/sh\necho "$*" >> {shlex.quote(str(self._calls))}\n{script}')
        self._program.chmod(0o755)

    def write(self, text: str) -> None:
        """Replace the configuration file."""
        self._config.write_text(text)

    @property
    def calls(self) -> list[str]:
        """The arguments of each call."""
        return self._calls.read_text().splitlines()
