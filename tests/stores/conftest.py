"""Folders that somebody without rights can reach."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import scene


@pytest.fixture
def open_clone(open_folder: Path) -> Path:
    """A repository with one commit on `main`, in a folder that others can reach."""
    return scene.committed(open_folder / "clone")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that somebody without rights can reach: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)
