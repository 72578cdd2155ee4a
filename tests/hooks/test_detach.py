"""Who starts the tracker, and that no request is left when the last one ends."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pr_sessions.hooks import detach
from pr_sessions.hooks.detach import open_lock, request, serve, tracker_lock
from pr_sessions.io import file_lock
from pr_sessions.io.places import Place


def nothing() -> None:
    pass


@pytest.fixture(autouse=True)
def no_lingering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detach, "LINGER", 0.0)


@pytest.fixture
def hook(tmp_path: Path) -> Callable[[], int]:
    """What a hook opens: `request(hook())`."""
    return lambda: open_lock(Place(tmp_path))


def test_the_first_of_two_requests_has_to_start_it(hook: Callable[[], int]) -> None:
    assert [request(hook()) for _ in range(2)] == [True, False]


def test_a_lock_that_a_process_took_with_it_is_free(hook: Callable[[], int]) -> None:
    first = hook()
    assert request(first)
    os.close(first)
    assert request(hook())


def test_without_another_request_events_are_taken_in_once(hook: Callable[[], int]) -> None:
    calls: list[str] = []
    lock = hook()
    request(lock)
    serve(lock, lambda: calls.append("in"), lambda: calls.append("after"))
    assert calls == ["in", "after"]
    assert request(hook())


def test_a_request_that_comes_meanwhile_is_served_without_another_tracker(hook: Callable[[], int]) -> None:
    asked: list[bool] = []

    def take_in() -> None:
        asked.append(bool(asked) or request(hook()))

    lock = hook()
    request(lock)
    serve(lock, take_in, nothing)
    assert asked == [False, True]


def test_a_request_that_was_written_before_the_lock_was_free_is_served_after_it(hook: Callable[[], int]) -> None:
    """Its hook found the lock held and has gone; the tracker had already looked for events the last time."""
    calls: list[str] = []

    def afterwards() -> None:
        if calls == ["in"]:
            os.write(hook(), b"1")

    lock = hook()
    request(lock)
    serve(lock, lambda: calls.append("in"), afterwards)
    assert calls == ["in", "in"]


def test_a_request_is_written_before_the_lock_is_tried(
    hook: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a tracker could end between the two, and look before the request is there."""
    held, seen = hook(), []
    request(held)
    os.ftruncate(held, 0)
    take = file_lock.take

    def candidates(descriptor: int) -> bool:
        taken = take(descriptor)
        seen.append((taken, os.fstat(held).st_size))
        return taken

    monkeypatch.setattr(file_lock, "take", candidates)
    assert (request(hook()), seen) == (False, [(False, 1)])


def test_a_request_that_finds_the_lock_free_is_left_to_the_tracker_that_it_starts(hook: Callable[[], int]) -> None:
    calls: list[object] = []
    lock = hook()
    request(lock)
    serve(lock, lambda: calls.append("in"), lambda: calls.append(request(hook())))
    assert calls == ["in", True]


def test_a_failure_leaves_the_lock_to_the_end_of_the_process(hook: Callable[[], int]) -> None:
    def fail() -> None:
        raise ValueError("broken")

    lock = hook()
    request(lock)
    with pytest.raises(ValueError, match="broken"):
        serve(lock, fail, nothing)
    os.close(lock)
    assert request(hook())


@pytest.mark.parametrize("held", [False, True])
def test_a_tracker_that_inherits_no_lock_takes_it_or_ends(tmp_path: Path, hook: Callable[[], int], held: bool) -> None:
    assert not held or request(hook())
    lock = tracker_lock(Place(tmp_path))
    assert (lock is None) is held
    assert held or not file_lock.take(hook())


@pytest.mark.skipif(os.name == "nt", reason="there is nothing to put another file in the lock's place")
def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path, hook: Callable[[], int]) -> None:
    (tmp_path / "outside").write_text("")
    (tmp_path / "tracker").symlink_to(tmp_path / "outside")
    with pytest.raises(OSError, match="tracker"):
        hook()
    assert (tmp_path / "outside").read_text() == ""
