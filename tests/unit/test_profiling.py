"""``--profile`` charges time and memory to the stage that used them."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from clipy.cli.profiling import Profile
from clipy.context import Event


def _busy(seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        sum(range(1000))


def _spend(seconds: float) -> None:
    """Processor time, however busy the machine is."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        sum(range(1000))


def test_time_is_charged_to_the_stage_at_work() -> None:
    began = time.perf_counter()
    with Profile(interval=0.005) as profile:
        profile.note(Event("reframe", "works"))
        _busy(0.3)
        time.sleep(0.3)
        profile.note(Event("render", "works"))
        _busy(0.15)
    elapsed = time.perf_counter() - began
    stages = profile.document()["stages"]
    assert stages["reframe"]["seconds"] > 0.55  # less what passed between two samples
    assert stages["render"]["seconds"] > 0.1
    assert stages["reframe"]["cpu_seconds"] > 0
    assert sum(stage["seconds"] for stage in stages.values()) <= elapsed


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell only the peak so far")
def test_peak_memory_is_charged_to_the_stage_that_allocates() -> None:
    with Profile(interval=0.005) as profile:
        profile.note(Event("reframe", "works"))
        _busy(0.05)
        profile.note(Event("render", "works"))
        block = bytearray(120_000_000)
        block[::4096] = b"x" * len(block[::4096])
        _busy(0.1)
    stages = profile.document()["stages"]
    assert stages["render"]["peak_mb"] > stages["reframe"]["peak_mb"] + 80


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell the time of each thread")
def test_processor_time_of_stages_that_overlap_is_told_apart_by_thread() -> None:
    def work(stage: str, seconds: float) -> None:
        profile.note(Event(stage, "works"))
        helper = threading.Thread(target=_spend, args=(seconds,))  # inherits the stage
        helper.start()
        helper.join()
        time.sleep(0.3)  # until its time has been counted

    with Profile(interval=0.005) as profile:
        lanes = [threading.Thread(target=work, args=part) for part in (("reframe", 0.6), ("review", 0.1))]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
    stages = profile.document()["stages"]
    assert stages["reframe"]["cpu_seconds"] > 1.5 * stages["review"]["cpu_seconds"]
