"""clipy: long videos in, finished short clips out.

    import clipy
    result = clipy.run("talk.mp4", "clips")

The public door: ``run``, the core classes to inherit from, the nouns that they hand on, and ``ClipyError``. Each is
imported when it is first asked for, so that ``import clipy`` and ``clipy --help`` stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clipy.analysis.base import (
        Aligner,
        Diarizer,
        ShotDetector,
        SpeakerDetector,
        Transcriber,
    )
    from clipy.analysis.faces.base import FaceDetector
    from clipy.analysis.faces.tracking.detections import Detection
    from clipy.context import Context
    from clipy.errors import ClipyError
    from clipy.media.frame import AudioBlock, Frame
    from clipy.media.probe import probe
    from clipy.pipeline.run import run
    from clipy.stages.base import Highlighter, Pizzazz, Reframer, Renderer, Reviewer, Uploader
    from clipy.types import (
        Box,
        Clip,
        CropPath,
        CropShot,
        Edit,
        Evidence,
        Finding,
        Highlight,
        Keyframe,
        Panel,
        Post,
        Repair,
        Review,
        Shot,
        Span,
        Track,
        Transcript,
        Turn,
        Video,
        Word,
        seconds,
    )

_HOME = {
    "clipy.analysis.base": (
        "Aligner",
        "Diarizer",
        "ShotDetector",
        "SpeakerDetector",
        "Transcriber",
    ),
    "clipy.analysis.faces.base": ("FaceDetector",),
    "clipy.analysis.faces.tracking.detections": ("Detection",),
    "clipy.context": ("Context",),
    "clipy.errors": ("ClipyError",),
    "clipy.media.frame": ("AudioBlock", "Frame"),
    "clipy.media.probe": ("probe",),
    "clipy.pipeline.run": ("run",),
    "clipy.stages.base": ("Highlighter", "Pizzazz", "Reframer", "Renderer", "Reviewer", "Uploader"),
    "clipy.types": (
        *("Box", "Clip", "CropPath", "CropShot", "Edit", "Evidence", "Finding", "Highlight", "Keyframe", "Panel"),
        *("Post", "Repair", "Review", "Shot", "Span", "Track", "Transcript", "Turn", "Video", "Word", "seconds"),
    ),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Aligner",
    "AudioBlock",
    "Box",
    "Clip",
    "ClipyError",
    "Context",
    "CropPath",
    "CropShot",
    "Detection",
    "Diarizer",
    "Edit",
    "Evidence",
    "FaceDetector",
    "Finding",
    "Frame",
    "Highlight",
    "Highlighter",
    "Keyframe",
    "Panel",
    "Pizzazz",
    "Post",
    "Reframer",
    "Renderer",
    "Repair",
    "Review",
    "Reviewer",
    "Shot",
    "ShotDetector",
    "Span",
    "SpeakerDetector",
    "Track",
    "Transcriber",
    "Transcript",
    "Turn",
    "Uploader",
    "Video",
    "Word",
    "probe",
    "run",
    "seconds",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'clipy' has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
