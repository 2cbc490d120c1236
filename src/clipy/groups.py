"""The one table of the kinds of backends: what each is for, its core class, its defaults, and its step of a run.

The registry, the configuration, the command line, the option reference, the cache policy and ``clipy models pull`` all
read it. A group's name is that of its entry points (``clipy.<name>``) and of its table in ``clipy.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """A kind of backend.

    ``core`` is the class that its backends inherit, as ``module:Class``. ``many``: several are picked, in order.
    ``step`` is the part of a run that its results belong to, which ``--from`` recomputes; empty for perception, whose
    results belong to the step that asks for them first.
    """

    name: str
    core: str
    purpose: str
    defaults: tuple[str, ...]
    step: str = ""
    many: bool = False

    @property
    def core_name(self) -> str:
        """The name of the core class, which ``clipy`` exports."""
        return self.core.partition(":")[2]


def _analyser(name: str, core: str, purpose: str, default: str, step: str = "") -> Group:
    return Group(name, f"clipy.analysis.{core}", purpose, (default,), step)


def _stage(name: str, core: str, purpose: str, *defaults: str, step: str = "", many: bool = False) -> Group:
    return Group(name, f"clipy.stages.base:{core}", purpose, defaults, step or name, many)


# In pipeline order. What several stages share comes first, then the stages.
_ANALYSERS = (
    _analyser(
        "transcribe", "base:Transcriber", "Transcription: speech to words with times.", "faster-whisper", "transcribe"
    ),
    _analyser("align", "base:Aligner", "Alignment: exact times of the words.", "sphinx"),
    _analyser("shots", "base:ShotDetector", "Shot detection: where the source cuts.", "pyscenedetect"),
    _analyser("faces", "faces.base:FaceDetector", "Face detection and tracking.", "centerface"),
    _analyser("speakers", "base:SpeakerDetector", "Active speaker detection: which face speaks.", "auto"),
    _analyser("diarize", "base:Diarizer", "Diarization: who speaks when, by sound alone.", "voice-turns"),
    _analyser("embed", "base:Embedder", "Sentence embedding: which sentences are about the same.", "sentence-encoder"),
)
_STAGES = (
    _stage("highlight", "Highlighter", "Stage 1, highlight: pick the moments worth a clip.", "local"),
    _stage("reframe", "Reframer", "Stage 2, reframe: decide where to look, and in which layout.", "speaker"),
    _stage(
        "pizzazz",
        "Pizzazz",
        "Stage 3, pizzazz: add captions, titles, music and more, in this order. Repeat the table for each.",
        "captions",
        step="render",
        many=True,
    ),
    _stage("render", "Renderer", "Stage 3, render: encode the clips.", "x264"),
    _stage(
        "review",
        "Reviewer",
        "Stage 4, review: check every clip, and reject what fails. Repeat the table for each reviewer.",
        *("technical", "sound", "framing", "captions", "content", "sync"),
        many=True,
    ),
    _stage(
        "upload",
        "Uploader",
        "Stage 5, upload: publish the clips that passed. Repeat the table for each destination.",
        "folder",
        many=True,
    ),
)

_DOWNLOAD = Group(
    "download",
    "clipy.download.base:Downloader",
    "Download: addresses to files. Repeat the table for each downloader; they are asked in this order.",
    ("direct", "yt-dlp"),
    many=True,
)

_EXECUTOR = Group(
    "executor",
    "clipy.executors.base:Executor",
    "Executor: where videos are worked on, and how many at once.",
    ("local",),
)

GROUPS: Mapping[str, Group] = {group.name: group for group in (_DOWNLOAD, *_ANALYSERS, *_STAGES, _EXECUTOR)}
"""Every group by name, in pipeline order."""
ANALYSERS: tuple[str, ...] = tuple(group.name for group in _ANALYSERS)
"""The groups of perception, which several stages share."""
RECORDED: tuple[str, ...] = (*ANALYSERS, "highlight", "reframe", "pizzazz", "render", "review")
"""The groups that decide what a clip is: a run records them. No document says what is fetched, run or published."""
STEPS: tuple[str, ...] = tuple(dict.fromkeys(group.step for group in GROUPS.values() if group.step))
"""What a run goes through, in order, as its progress, its log and ``--from`` name it."""
