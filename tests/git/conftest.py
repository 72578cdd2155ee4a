"""A repository that somebody without rights can reach."""

from pathlib import Path

import pytest

import scene


@pytest.fixture
def open_clone(open_folder: Path) -> Path:
    """A repository with one commit on `main`, in a folder that others can reach."""
    return scene.committed(open_folder / "clone")
