"""Who of the people on screen speaks: faces found, tracked, scored and weighed against the voices. For all who ask.

The crop, the captions, the names of the words, the review and the debug video read the same tracks.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from clipy.analysis.base import Diarizer, SpeakerDetector
from clipy.analysis.faces.base import FaceDetector
from clipy.analysis.faces.tracking.identities import assign_identities
from clipy.analysis.people.turns import turns_of
from clipy.analysis.people.voice_face_affinity import reweigh_by_voices
from clipy.analysis.perception import scored_tracks
from clipy.context import Context
from clipy.errors import ModelError
from clipy.types import Array, Span, Track, Video

log = logging.getLogger(__name__)


def speaking_tracks(video: Video, span: Span, ctx: Context, *, voices: bool | None = None) -> list[Track]:
    """The faces of a span of the source, with the probability that each speaks.

    ``voices``: whether the voices, each given to a face, are weighed in; None: where the detector is known to benefit.
    They are only where two faces share the screen. Raises ModelError where a network that is needed cannot be had.
    """
    tracks = scored_tracks(video, span, ctx.within(0, 0.9))
    if not share_the_screen(tracks):
        return tracks
    if voices is None:
        detector = ctx.analyser(SpeakerDetector).available()
        voices = detector.benefits_from_diarization() and Diarizer in ctx.analysers
    if not voices:
        return tracks
    looks = appearances(video, tracks, ctx.within(0.9, 0.95))
    try:
        turns = turns_of(video, span, ctx.within(0.95, 1))
    except ModelError as error:
        log.warning("voices are not weighed in: %s", error)
        return tracks
    return reweigh_by_voices(assign_identities(tracks, looks), turns)


def appearances(video: Video, tracks: Sequence[Track], ctx: Context) -> Array:
    """How the face of each track looks (``FaceDetector.appearance``), stored whoever is thought to speak."""
    bare = [replace(track, identity=None, speaking=np.zeros(0, dtype=np.float32)) for track in tracks]
    return ctx.cached(ctx.analyser(FaceDetector).appearance, video, bare)


def share_the_screen(tracks: Sequence[Track]) -> bool:
    """Whether two faces are ever on screen at once, so that there is a choice."""
    in_order = sorted(tracks, key=lambda track: float(track.times[0]))
    return any(float(later.times[0]) <= float(track.times[-1]) for track, later in pairwise(in_order))
