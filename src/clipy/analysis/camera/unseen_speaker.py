"""Spans in which a clip shows a listener: somebody outside every window speaks, by the run's attribution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clipy.analysis.camera.onscreen import is_shown, shot_at
from clipy.analysis.faces.tracking.tracks import grid
from clipy.analysis.odds import log_odds
from clipy.arrays import true_runs
from clipy.types import TRACK_RATE, Edit, Span, Track, seconds

_SPEAKS = 0.25  # probability at which an unseen face may speak: the lead over the shown ones tells
_LEAD = 1.5  # lead of its log odds over those of every shown face
_SHOWN_SPEAKS = 0.6  # probability at which a shown face speaks, so that a gap is not a pause
_BOUND = 1e-3  # probabilities are kept this far from 0 and 1
_PAUSE = 15  # times of the grid (0.6 s) that are bridged: pauses between words


def unseen_speech(tracks: Sequence[Track], edit: Edit) -> list[Span]:
    """Spans, in clip time, in which a face outside every window speaks far more likely than any inside, with pauses.

    ``tracks`` are those of the highlight, with ``speaking`` set. Where the whole source is shown, nobody is unseen.
    """
    times = grid(edit.highlight.span)
    unseen, shown = np.zeros(len(times)), np.zeros(len(times))
    first = round(times[0] * TRACK_RATE) if times else 0
    for track in tracks:
        for index, at in enumerate(track.times.tolist()):
            place, time = round(at * float(TRACK_RATE)) - first, seconds(at)
            shot = shot_at(edit.crop.shots, time)
            if shot is None or not 0 <= place < len(times):
                continue
            inside = shot.layout == "fit" or is_shown(track, index, shot)
            odds = shown if inside else unseen
            odds[place] = max(odds[place], float(track.speaking[index]))
    wrong = (unseen >= _SPEAKS) & (log_odds(unseen, _BOUND) - log_odds(shown, _BOUND) > _LEAD)
    for begin, end in true_runs(~wrong):
        if begin > 0 and end < len(wrong) and end - begin <= _PAUSE and (shown[begin:end] < _SHOWN_SPEAKS).all():
            wrong[begin:end] = True
    spans = (Span(times[begin], times[end - 1] + 1 / TRACK_RATE) for begin, end in true_runs(wrong))
    parts = (Span(edit.clip_time(span.start), edit.clip_time(span.end)) for span in spans)
    return [part for part in parts if part.duration > 0]
