"""A profile as files: numbers for people and tools, and flame graphs for any browser and for speedscope."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from clipy.profiling.memory import is_momentary
from clipy.profiling.sampling import Call, Profile
from clipy.storage.store import write_json, write_text
from clipy.types import Json

PROFILE = "clipy.profile/1"
_SPEEDSCOPE = "https://www.speedscope.app/file-format-schema.json"
_HOTTEST = 40  # functions that are listed
_WIDE, _HIGH = 1400, 17  # pixels of the flame graph, and of one call in it
_NARROWEST = 1.0  # pixels; what took less is left out
_LETTER = 6.6  # pixels


def save_profile(profile: Profile, folder: Path) -> None:
    """Write ``profile.json``, ``profile.speedscope.json`` and ``profile.svg``. Raises OutputError."""
    write_json(folder / "profile.json", summary(profile))
    write_json(folder / "profile.speedscope.json", speedscope(profile))
    write_text(folder / "profile.svg", flame_graph(profile))


def summary(profile: Profile) -> Json:
    """Time and memory by stage, and the functions in which most time was spent, without what they call."""
    own: Counter[Call] = Counter()
    for spent in profile.stages.values():
        for stack, seconds in spent.stacks.items():
            own[stack[-1]] += seconds  # type: ignore[assignment]
    return {
        "schema": PROFILE,
        "memory": "of the moment" if is_momentary() else "the most so far",
        "stages": {
            stage: {
                "seconds": round(spent.seconds, 3),
                "cpu_seconds": round(spent.cpu, 3),
                "peak_mb": None if spent.peak is None else round(spent.peak / 1e6, 1),
            }
            for stage, spent in profile.stages.items()
        },
        "hottest": [
            {"seconds": round(seconds, 3), "function": name, "file": file, "line": line}
            for (name, file, line), seconds in own.most_common(_HOTTEST)
        ],
    }


def speedscope(profile: Profile) -> Json:
    """One sampled profile for each stage, in the file format of speedscope (https://www.speedscope.app)."""
    index: dict[Call, int] = {}
    profiles = []
    for stage, spent in profile.stages.items():
        stacks = sorted(spent.stacks.items())
        samples = [[index.setdefault(call, len(index)) for call in stack] for stack, _ in stacks]
        weights = [round(seconds, 6) for _, seconds in stacks]
        profiles.append(
            {
                "type": "sampled",
                "name": stage,
                "unit": "seconds",
                "startValue": 0,
                "endValue": sum(weights),
                "samples": samples,
                "weights": weights,
            }
        )
    frames = [{"name": name, "file": file, "line": line} for name, file, line in index]
    return {"$schema": _SPEEDSCOPE, "exporter": "clipy", "shared": {"frames": frames}, "profiles": profiles}


@dataclass
class _Node:
    """A call, and what it called, with the seconds spent in both together."""

    name: str
    where: str = ""
    seconds: float = 0.0
    calls: dict[str, _Node] = field(default_factory=dict)

    def called(self, name: str, where: str) -> _Node:
        return self.calls.setdefault(f"{name} {where}", _Node(name, where))

    def depth(self, least: float) -> int:
        """How many calls inside one another took ``least`` seconds or more."""
        deeper = (call.depth(least) for call in self.calls.values() if call.seconds >= least)
        return 1 + max(deeper, default=0)


def flame_graph(profile: Profile) -> str:
    """A picture (SVG) of all that was called: as wide as it took long, callers above what they call."""
    root = _Node("all threads that work")
    for stage, spent in profile.stages.items():
        for stack, seconds in spent.stacks.items():
            root.seconds += seconds
            node = root.called(stage, "stage")
            node.seconds += seconds
            for name, file, line in stack:
                node = node.called(name, f"{Path(file).name}:{line}")
                node.seconds += seconds
    scale = _WIDE / max(root.seconds, 1e-9)
    height = root.depth(_NARROWEST / scale) * _HIGH
    boxes = "".join(_boxes(root, 0.0, 0, scale))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDE}" height="{height}" font-family="monospace"'
        f' font-size="11"><rect width="100%" height="100%" fill="#fff"/>{boxes}</svg>\n'
    )


def _boxes(node: _Node, left: float, top: int, scale: float) -> Iterator[str]:
    wide = node.seconds * scale
    if wide < _NARROWEST:
        return
    hue = sum(map(ord, node.name)) % 50
    shown = html.escape(node.name[: int(wide / _LETTER)])
    title = html.escape(f"{node.name} ({node.where}): {node.seconds:.2f} s")
    yield (
        f'<g><title>{title}</title><rect x="{left:.1f}" y="{top}" width="{wide:.1f}" height="{_HIGH - 1}"'
        f' fill="hsl({hue},85%,68%)"/><text x="{left + 2:.1f}" y="{top + 12}">{shown}</text></g>'
    )
    for call in sorted(node.calls.values(), key=lambda call: -call.seconds):
        yield from _boxes(call, left, top + _HIGH, scale)
        left += call.seconds * scale
