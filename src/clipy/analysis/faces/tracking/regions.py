"""Where in a picture faces can be that were near there a moment ago and are near there a moment later.

A network's time goes with the area that it looks at, and to know how a face moved takes a look around it alone. The
parts that are cut out lie on the grid on which detectors halve a picture, so that they see what they see in the whole.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from clipy.analysis.faces.tracking.detections import Detection, Picture, batched
from clipy.types import Box

Region = tuple[int, int, int, int]  # x1, y1, x2, y2 in pixels of the picture

_GRID = 32  # pixels: networks halve a picture five times
_AROUND = 0.6  # sizes of a face that are searched around it
_MUCH = 0.7  # share of the picture from which the whole of it is searched


def whole(picture: Picture) -> list[Region]:
    """All of a picture."""
    return [(0, 0, picture.shape[1], picture.shape[0])]


def around(faces: Iterable[Box], picture: Picture) -> list[Region]:
    """The parts of a picture around some faces of it, none of which overlap; all of it where they are most of it."""
    regions: list[Region] = []
    for face in faces:
        new = _around(face, picture.shape[1], picture.shape[0])
        while touched := [region for region in regions if _overlap(new, region)]:
            regions = [region for region in regions if region not in touched]
            new = _hull([new, *touched])
        regions.append(new)
    area = sum((x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in regions)
    return regions if area < _MUCH * picture.shape[0] * picture.shape[1] else whole(picture)


def within(
    pictures: Sequence[Picture],
    regions: Sequence[Sequence[Region]],
    detect: Callable[[Sequence[Picture]], list[list[Detection]]],
    batch: int,
) -> list[list[Detection]]:
    """The faces in some parts of each picture, in the picture's own pixels.

    ``detect`` is handed at most ``batch`` parts at once, of one size. What sticks out of a part into the rest of the
    picture is left out: that face was not seen whole.
    """
    found: list[list[Detection]] = [[] for _ in pictures]
    by_size: dict[tuple[int, int], list[tuple[int, Region]]] = defaultdict(list)
    for number, parts in enumerate(regions):
        for x1, y1, x2, y2 in parts:
            by_size[y2 - y1, x2 - x1].append((number, (x1, y1, x2, y2)))
    for same in by_size.values():
        for some in batched(same, batch):
            cut = [np.ascontiguousarray(pictures[number][y1:y2, x1:x2]) for number, (x1, y1, x2, y2) in some]
            for (number, region), faces in zip(some, detect(cut), strict=True):
                moved = (_moved(face, region[0], region[1]) for face in faces)
                found[number] += [face for face in moved if _is_whole(face.box, region, pictures[number].shape)]
    return found


def _around(face: Box, width: int, height: int) -> Region:
    room = _AROUND * max(face.width, face.height)
    low = [max(0, math.floor((edge - room) / _GRID) * _GRID) for edge in (face.x1, face.y1)]
    high = [math.ceil((edge + room) / _GRID) * _GRID for edge in (face.x2, face.y2)]
    return low[0], low[1], min(width, high[0]), min(height, high[1])


def _overlap(a: Region, b: Region) -> bool:
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])


def _hull(regions: Sequence[Region]) -> Region:
    lefts, tops, rights, bottoms = zip(*regions, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _moved(face: Detection, x: float, y: float) -> Detection:
    box = Box(face.box.x1 + x, face.box.y1 + y, face.box.x2 + x, face.box.y2 + y)
    return replace(face, box=box, landmarks=tuple((px + x, py + y) for px, py in face.landmarks))


def _is_whole(face: Box, region: Region, shape: tuple[int, ...]) -> bool:
    x1, y1, x2, y2 = region
    inside = (x1 <= 0 or face.x1 >= x1, y1 <= 0 or face.y1 >= y1)
    return all(inside) and (x2 >= shape[1] or face.x2 <= x2) and (y2 >= shape[0] or face.y2 <= y2)
