"""The core classes, in pipeline order. To change a part of clipy: inherit one and override its main method.

Highlighter  ->  Reframer  ->  Renderer (+ Pizzazz)  ->  Reviewer  ->  Uploader
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, model_validator

from clipy.backend import Backend
from clipy.context import Context
from clipy.media.frame import AudioBlock, Frame
from clipy.types import Clip, CropPath, Edit, Highlight, Post, Review, Video


class Stage(Backend):
    """A step of the pipeline that the user picks by name."""


class Highlighter(Stage):
    """Finds what is worth a clip."""

    group: ClassVar[str] = "highlight"

    class Options(Stage.Options):
        count: int = Field(3, ge=1, le=1000, description="How many clips to make, at most.")
        min_duration: float = Field(15, gt=0, description="Shortest clip, in seconds.")
        max_duration: float = Field(60, gt=0, description="Longest clip, in seconds.")

        @model_validator(mode="after")
        def _bounds_are_in_order(self) -> Self:
            if self.min_duration > self.max_duration:
                raise ValueError(f"min_duration {self.min_duration} is longer than max_duration {self.max_duration}")
            return self

    options: Options

    @abstractmethod
    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        """Return candidates, best first, without overlaps; more than ``count``, to replace rejected ones."""


class Reframer(Stage):
    """Decides where to look."""

    group: ClassVar[str] = "reframe"

    class Options(Stage.Options):
        width: int = Field(1080, ge=16, le=7680, multiple_of=2, description="Width of the clips, in pixels.")
        height: int = Field(1920, ge=16, le=7680, multiple_of=2, description="Height of the clips, in pixels.")

    options: Options

    @abstractmethod
    def reframe(self, video: Video, highlight: Highlight, ctx: Context) -> CropPath:
        """Return windows over time for the whole highlight, shot by shot, without gaps."""


class Pizzazz(Stage):
    """Adds something to a clip. Three hooks, all optional; a hook that is not overridden costs nothing."""

    group: ClassVar[str] = "pizzazz"

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Decide, as data only: the result is stored. Put own data in ``edit.plans[self.name]``."""
        return edit

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        """Pass the rendered frames on, changed. A stream: hold as few as the effect needs."""
        return frames

    def audio(self, audio: Iterator[AudioBlock], edit: Edit, ctx: Context) -> Iterator[AudioBlock]:
        """Pass the clip's sound on, changed. A stream of blocks in clip time."""
        return audio


class Renderer(Stage):
    """Makes the file: one decode, one resample, one encode."""

    group: ClassVar[str] = "render"

    @abstractmethod
    def render(self, video: Video, edit: Edit, pizzazz: tuple[Pizzazz, ...], path: Path, ctx: Context) -> None:
        """Write the finished clip to ``path`` (a temporary name; the store moves it into place)."""


class Reviewer(Stage):
    """Measures the finished file."""

    group: ClassVar[str] = "review"

    @abstractmethod
    def review(self, clip: Clip, ctx: Context) -> Review:
        """Return what was found. ``clip.edit`` is None for a file that clipy did not make."""


class Uploader(Stage):
    """Publishes a clip that passed, at most once."""

    group: ClassVar[str] = "upload"

    @abstractmethod
    def upload(self, clip: Clip, ctx: Context) -> Post:
        """Publish and return the proof."""
