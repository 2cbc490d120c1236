"""The profile: time goes to the stage and the function that took it, and the files are what viewers read."""

from __future__ import annotations

import threading
import time
import xml.etree.ElementTree as ET

from clipy.context import Event
from clipy.profiling.memory import is_momentary
from clipy.profiling.sampling import Profile
from clipy.profiling.saving import flame_graph, speedscope, summary


def busy(seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        sum(range(1000))


def hoarding() -> None:
    hoard = bytearray(120_000_000)
    hoard[::4096] = b"x" * len(hoard[::4096])
    busy(0.15)


def profiled() -> Profile:
    with Profile(every=0.005) as profile:
        profile.note(Event("reframe", "works"))
        busy(0.4)
        waiting = threading.Thread(target=threading.Event().wait, args=(0.3,))
        waiting.start()
        waiting.join()
        profile.note(Event("render", "works"))
        hoarding()
    return profile


def test_time_and_memory_go_to_the_stage_and_the_function() -> None:
    began = time.perf_counter()
    profile = profiled()
    passed = time.perf_counter() - began
    told = summary(profile)
    stages = told["stages"]
    assert stages["reframe"]["seconds"] > 0.65  # 0.4 busy, 0.3 waiting; less what was between two looks
    assert stages["render"]["seconds"] > 0.1
    assert sum(stage["seconds"] for stage in stages.values()) <= passed
    assert stages["reframe"]["cpu_seconds"] > 0
    took = {one["function"]: one["seconds"] for one in told["hottest"] if one["file"] == __file__}
    assert took["busy"] > 0.45  # of 0.55: what was between two looks may be another's
    assert [one["seconds"] for one in told["hottest"]] == sorted(
        (one["seconds"] for one in told["hottest"]), reverse=True
    )
    if is_momentary():
        assert stages["render"]["peak_mb"] > stages["reframe"]["peak_mb"] + 80
    waited = [stack for spent in profile.stages.values() for stack in spent.stacks if stack[-1][0] == "Event.wait"]
    assert waited == []  # a thread that only waits is left out

    scope = speedscope(profile)
    frames = scope["shared"]["frames"]
    assert [one["name"] for one in scope["profiles"]][-2:] == ["reframe", "render"]
    for one in scope["profiles"]:
        assert len(one["samples"]) == len(one["weights"])
        assert all(0 <= index < len(frames) for sample in one["samples"] for index in sample)

    picture = ET.fromstring(flame_graph(profile))
    titles = [title.text or "" for title in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert any(title.startswith("busy (test_profiling.py:") for title in titles)
    assert any(title.startswith("render (stage)") for title in titles)
