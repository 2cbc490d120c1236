from __future__ import annotations

import threading
from pathlib import Path

import pytest

from clipy.context import Context, Event
from clipy.errors import OutputError
from clipy.pipeline import parallel
from clipy.pipeline.parallel import Stopped, parallel_map, render_slot, renders_at_once, working_ahead
from clipy.storage.store import Store

_LONG = 20.0  # seconds after which a test that hangs fails


def _context(folder: Path, events: list[Event]) -> Context:
    return Context(Store(folder / "store"), folder, listener=events.append, stage="render")


@pytest.mark.parametrize("at_once", [1, 3])
def test_results_are_in_order_and_progress_adds_up(tmp_path: Path, at_once: int) -> None:
    events: list[Event] = []

    def work(item: int, ctx: Context) -> int:
        for step in range(5):
            ctx.report("rendering", step / 4)
        return item * item

    assert parallel_map(range(4), work, _context(tmp_path, events), at_once) == [0, 1, 4, 9]
    done = [event.fraction for event in events if event.fraction is not None]
    assert done == sorted(done)
    assert done[-1] == pytest.approx(1)
    assert {event.stage for event in events} == {"render"}
    assert {f"{index} of 4" for index in (1, 2, 3, 4)} <= {event.message for event in events}


def test_items_are_processed_in_parallel(tmp_path: Path) -> None:
    together = threading.Barrier(2, timeout=_LONG)
    assert parallel_map([0, 0], lambda item, ctx: together.wait() >= 0, _context(tmp_path, []), 2) == [True, True]


def test_parallelism_is_limited(tmp_path: Path) -> None:
    running: list[int] = []
    most: list[int] = []

    def work(item: int, ctx: Context) -> None:
        running.append(item)
        most.append(len(running))
        threading.Event().wait(0.01)
        running.remove(item)

    parallel_map(range(8), work, _context(tmp_path, []), 2)
    assert max(most) <= 2


def test_failure_stops_others_and_is_raised_after_cleanup(tmp_path: Path) -> None:
    tidied: list[int] = []
    started = threading.Event()

    def work(item: int, ctx: Context) -> None:
        if item == 0:
            assert started.wait(_LONG)
            raise OutputError("the disk is full")
        try:
            started.set()
            for _ in range(int(_LONG * 100)):
                threading.Event().wait(0.01)
                ctx.report("rendering", 0.1)
        except Stopped:
            tidied.append(item)
            raise

    with pytest.raises(OutputError, match="disk is full"):
        parallel_map(range(6), work, _context(tmp_path, []), 2)
    assert tidied == [1]  # the other four were never begun
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("clipy-")]


def test_interrupting_listener_ends_everything(tmp_path: Path) -> None:
    def interrupt(event: Event) -> None:
        if event.message == "rendering":
            raise KeyboardInterrupt

    ctx = Context(Store(tmp_path / "store"), tmp_path, listener=interrupt)
    with pytest.raises(KeyboardInterrupt):
        parallel_map(range(3), lambda item, part: part.report("rendering", 0.5), ctx, 2)


def test_a_machine_renders_at_least_one_clip_at_a_time() -> None:
    assert 1 <= renders_at_once() <= 4


def test_work_goes_on_while_the_caller_handles_results(tmp_path: Path) -> None:
    begun = [threading.Event() for _ in range(3)]

    def work(item: int, ctx: Context) -> int:
        begun[item].set()
        return item * item

    with working_ahead(range(3), work, _context(tmp_path, []), 1) as results:
        found: list[int] = []
        for result in results:
            assert begun[min(2, len(found) + 1)].wait(_LONG), "the next item is begun before this one is handled"
            found.append(result)
    assert found == [0, 1, 4]


def test_on_one_core_an_item_is_worked_on_when_its_result_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "processors", lambda: 1)
    order: list[str] = []
    with working_ahead("ab", lambda item, ctx: order.append(f"work {item}"), _context(tmp_path, []), 1) as results:
        for number, _ in enumerate(results):
            order.append(f"read {number}")
    assert order == ["work a", "read 0", "work b", "read 1"]


def test_leaving_early_stops_the_work_ahead(tmp_path: Path) -> None:
    started, tidied = threading.Event(), threading.Event()

    def work(item: int, ctx: Context) -> int:
        if item == 0:
            return item
        try:
            started.set()
            for _ in range(int(_LONG * 100)):
                threading.Event().wait(0.01)
                ctx.report("rendering", 0.1)
        except Stopped:
            tidied.set()
            raise
        return item

    def interrupted() -> None:
        with working_ahead(range(9), work, _context(tmp_path, []), 1) as results:
            next(results)
            assert started.wait(_LONG)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert tidied.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("clipy-ahead")]


def test_a_failure_ahead_is_the_one_that_is_raised(tmp_path: Path) -> None:
    started = threading.Event()

    def work(item: int, ctx: Context) -> None:
        if item == 1:
            assert started.wait(_LONG)
            raise OutputError("the disk is full")
        started.set()
        for _ in range(int(_LONG * 100)):
            threading.Event().wait(0.01)
            ctx.report("rendering", 0.1)

    with (
        pytest.raises(OutputError, match="disk is full"),
        working_ahead(range(2), work, _context(tmp_path, []), 2) as results,
    ):
        list(results)


def test_clips_are_rendered_no_more_at_once_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "processors", lambda: 4)
    parallel._render_slots.cache_clear()
    running, most = list[int](), list[int]()

    def render(number: int) -> None:
        with render_slot():
            running.append(number)
            most.append(len(running))
            threading.Event().wait(0.01)
            running.remove(number)

    threads = [threading.Thread(target=render, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    parallel._render_slots.cache_clear()
    assert max(most) == 2
