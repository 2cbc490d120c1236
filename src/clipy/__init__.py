"""clipy: long videos in, finished short clips out.

    import clipy
    result = clipy.run("talk.mp4", "clips", config=clipy.config.load(sets=["highlight.count=5"]))

The public door, covered by semantic versioning: ``run`` and ``config.load``; the core classes of all kinds of backends
and the built-in ones that people inherit; the nouns that they hand on; the errors; the reading of media. Besides it,
``clipy.testing`` tests a backend of one's own. docs/backends.md says how to write one. Each name is imported when it is
first asked for, so that ``import clipy`` and ``clipy --help`` stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clipy import config
    from clipy.analysis.base import Aligner, Diarizer, Embedder, ShotDetector, SpeakerDetector, Transcriber
    from clipy.analysis.camera.attention import Attention
    from clipy.analysis.camera.camera import Camera
    from clipy.analysis.faces.base import FaceDetector
    from clipy.analysis.faces.tracking.detections import Detection, FrameDetections
    from clipy.backend import Backend
    from clipy.context import Context, Event
    from clipy.download.base import Downloader
    from clipy.errors import (
        BackendError,
        BackendNotFound,
        BackendUnavailable,
        ClipyError,
        ConfigError,
        ContractError,
        DocumentError,
        InputError,
        LoginNeeded,
        MediaError,
        ModelError,
        NothingToDeliver,
        OutputError,
        RenderError,
        ServiceError,
        StoreError,
        UploadError,
        UploadLater,
        UploadRefused,
        UploadUnknown,
        WorkerLost,
    )
    from clipy.executors.base import Executor
    from clipy.executors.preparing.job import Job
    from clipy.executors.preparing.steps import prepare_job
    from clipy.media.encoding import Encoding
    from clipy.media.frame import AudioBlock, Frame
    from clipy.media.loudness import Levels
    from clipy.media.probe import probe
    from clipy.media.read import pictures, sound, sound_array
    from clipy.pipeline.outcome import Result
    from clipy.pipeline.run import run
    from clipy.stages.base import Highlighter, Pizzazz, Reframer, Renderer, Reviewer, Uploader
    from clipy.stages.platform_limits import PlatformLimits
    from clipy.stages.reframe.speaker import Speaker
    from clipy.stages.render.encoding.composition import composed_frames, mixed_sound
    from clipy.stages.render.pizzazz.captions import Captions
    from clipy.stages.render.pizzazz.music import Music
    from clipy.stages.render.x264 import X264
    from clipy.stages.upload.publishing.job import UploadJob
    from clipy.stages.upload.publishing.journal import UploadState
    from clipy.stages.upload.publishing.oauth import OAuthProvider
    from clipy.stages.upload.publishing.platform import Platform
    from clipy.types import (
        Array,
        AudioStream,
        Box,
        Clip,
        CropPath,
        CropShot,
        Edit,
        Evidence,
        Finding,
        Highlight,
        Json,
        Keyframe,
        Layout,
        Panel,
        Post,
        Repair,
        Review,
        Seconds,
        Severity,
        Shot,
        Span,
        Track,
        Transcript,
        Turn,
        Video,
        Word,
        seconds,
    )
    from clipy.typography.overlay import Overlay
    from clipy.typography.styles import CaptionStyle

_HOME = {
    "clipy.analysis.base": "Aligner Diarizer Embedder ShotDetector SpeakerDetector Transcriber",
    "clipy.analysis.camera.attention": "Attention",
    "clipy.analysis.camera.camera": "Camera",
    "clipy.analysis.faces.base": "FaceDetector",
    "clipy.analysis.faces.tracking.detections": "Detection FrameDetections",
    "clipy.backend": "Backend",
    "clipy.context": "Context Event",
    "clipy.download.base": "Downloader",
    "clipy.errors": (
        "BackendError BackendNotFound BackendUnavailable ClipyError ConfigError ContractError DocumentError "
        "InputError LoginNeeded MediaError ModelError NothingToDeliver OutputError RenderError ServiceError "
        "StoreError UploadError UploadLater UploadRefused UploadUnknown WorkerLost"
    ),
    "clipy.executors.base": "Executor",
    "clipy.executors.preparing.job": "Job",
    "clipy.executors.preparing.steps": "prepare_job",
    "clipy.media.frame": "AudioBlock Frame",
    "clipy.media.loudness": "Levels",
    "clipy.media.probe": "probe",
    "clipy.media.read": "pictures sound sound_array",
    "clipy.pipeline.outcome": "Result",
    "clipy.pipeline.run": "run",
    "clipy.stages.base": "Highlighter Pizzazz Reframer Renderer Reviewer Uploader",
    "clipy.stages.reframe.speaker": "Speaker",
    "clipy.stages.render.encoding.composition": "composed_frames mixed_sound",
    "clipy.stages.render.pizzazz.captions": "Captions",
    "clipy.stages.render.pizzazz.music": "Music",
    "clipy.stages.render.x264": "X264",
    "clipy.media.encoding": "Encoding",
    "clipy.typography.styles": "CaptionStyle",
    "clipy.stages.upload.publishing.job": "UploadJob",
    "clipy.stages.upload.publishing.journal": "UploadState",
    "clipy.stages.platform_limits": "PlatformLimits",
    "clipy.stages.upload.publishing.oauth": "OAuthProvider",
    "clipy.stages.upload.publishing.platform": "Platform",
    "clipy.types": (
        "Array AudioStream Box Clip CropPath CropShot Edit Evidence Finding Highlight Json Keyframe Layout "
        "Panel Post Repair Review Seconds Severity Shot Span Track Transcript Turn Video Word seconds"
    ),
    "clipy.typography.overlay": "Overlay",
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names.split()}
_MODULES = ("config", "testing")

__all__ = [
    "X264",
    "Aligner",
    "Array",
    "Attention",
    "AudioBlock",
    "AudioStream",
    "Backend",
    "BackendError",
    "BackendNotFound",
    "BackendUnavailable",
    "Box",
    "Camera",
    "CaptionStyle",
    "Captions",
    "Clip",
    "ClipyError",
    "ConfigError",
    "Context",
    "ContractError",
    "CropPath",
    "CropShot",
    "Detection",
    "Diarizer",
    "DocumentError",
    "Downloader",
    "Edit",
    "Embedder",
    "Encoding",
    "Event",
    "Evidence",
    "Executor",
    "FaceDetector",
    "Finding",
    "Frame",
    "FrameDetections",
    "Highlight",
    "Highlighter",
    "InputError",
    "Job",
    "Json",
    "Keyframe",
    "Layout",
    "Levels",
    "LoginNeeded",
    "MediaError",
    "ModelError",
    "Music",
    "NothingToDeliver",
    "OAuthProvider",
    "OutputError",
    "Overlay",
    "Panel",
    "Pizzazz",
    "Platform",
    "PlatformLimits",
    "Post",
    "Reframer",
    "RenderError",
    "Renderer",
    "Repair",
    "Result",
    "Review",
    "Reviewer",
    "Seconds",
    "ServiceError",
    "Severity",
    "Shot",
    "ShotDetector",
    "Span",
    "Speaker",
    "SpeakerDetector",
    "StoreError",
    "Track",
    "Transcriber",
    "Transcript",
    "Turn",
    "UploadError",
    "UploadJob",
    "UploadLater",
    "UploadRefused",
    "UploadState",
    "UploadUnknown",
    "Uploader",
    "Video",
    "Word",
    "WorkerLost",
    "composed_frames",
    "config",
    "mixed_sound",
    "pictures",
    "prepare_job",
    "probe",
    "run",
    "seconds",
    "sound",
    "sound_array",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"clipy.{name}")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'clipy' has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
