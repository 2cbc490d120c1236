"""A span divided into shots, by hard cuts and gradual transitions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from clipy.analysis.shots.transitions.gradual import Transition
from clipy.types import Seconds, Shot, Span


def divided(span: Span, cuts: Sequence[Seconds], gradual: Sequence[Transition], shortest: Seconds) -> list[Shot]:
    """The shots of a span in order, without gaps, none but the last shorter than ``shortest``.

    A hard cut inside a gradual transition is part of it. Each shot knows how long it shows a neighbour, too.
    """
    hard = [cut for cut in cuts if not any(cut in transition.extent for transition in gradual)]
    changes = {cut: Span(cut, cut) for cut in hard} | {one.middle: one.extent for one in gradual}
    edges = [span.start]
    for time in sorted(changes):
        if time - edges[-1] >= shortest and time < span.end:
            edges.append(time)
    edges.append(span.end)
    nothing = Fraction(0)
    return [
        Shot(
            Span(start, end),
            lead_in=max(nothing, changes[start].end - start) if start in changes else nothing,
            lead_out=max(nothing, end - changes[end].start) if end in changes else nothing,
        )
        for start, end in pairwise(edges)
    ]
