"""The core classes, in pipeline order. To change a part of clipy: inherit one and override its main method.

Highlighter  ->  Reframer  ->  Renderer (+ Pizzazz)  ->  Reviewer  ->  Uploader
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from clipy.backend import Backend
from clipy.context import Context
from clipy.contract import keeps
from clipy.errors import ConfigError
from clipy.geometry import RATIOS, fits, sized
from clipy.media.frame import AudioBlock, Frame
from clipy.stages import contracts
from clipy.stages.profiles import PROFILES, Profile, fitted
from clipy.types import Clip, CropPath, Edit, Highlight, Post, Review, Track, Transcript, Video

FEW = 3
"""Clips, at most, where nobody says how many there are to be and nothing tells how good they are."""
_APART = 240  # seconds of a video for each clip, at most, where nobody says how many there are to be
Ratio: TypeAlias = Literal["9:16", "4:5", "1:1", "16:9"]


def _listed(ratio: object) -> Sequence[object]:
    """Shapes as settings write them: one, several with commas between them, a list, or none."""
    if ratio is None:
        return ()
    if isinstance(ratio, str):
        return tuple(part.strip() for part in ratio.split(",") if part.strip())
    return ratio if isinstance(ratio, Sequence) else (ratio,)


Ratios: TypeAlias = Annotated[
    tuple[Ratio, ...], BeforeValidator(_listed, json_schema_input_type=tuple[Ratio, ...] | str | None)
]


class Stage(Backend):
    """A step of the pipeline that the user picks by name."""


class Highlighter(Stage):
    """Finds what is worth a clip."""

    group: ClassVar[str] = "highlight"

    class Options(Stage.Options):
        count: Annotated[int, Field(ge=1, le=1000)] | Literal["auto"] = Field(
            "auto", description="How many clips to make, at most; auto: as many as are good."
        )
        min_duration: float = Field(15, gt=0, description="Shortest clip, in seconds.")
        max_duration: float = Field(60, gt=0, description="Longest clip, in seconds.")
        target_duration: float | None = Field(
            None, gt=0, description="Length to aim at, in seconds; what suits this kind of pick unless given."
        )
        about: str = Field("", max_length=1000, description="Keywords, or a sentence, on what to look for.")
        profile: Profile | None = Field(
            None, description="Kind of video (podcast, film, tv, lecture, stream); sets what is not set here."
        )
        max_silence: float | None = Field(
            None, gt=0, description="Longest silence inside a clip, in seconds; no limit unless given."
        )
        snap: float = Field(
            0.5, ge=0, le=5, description="A cut of the picture this near, in seconds, becomes a clip's edge; 0: never."
        )

        @model_validator(mode="before")
        @classmethod
        def _profile_fills_in(cls, given: object) -> object:
            """What a profile sets lies below what the user sets."""
            profile = given.get("profile") if isinstance(given, Mapping) else None
            if not isinstance(given, Mapping) or not isinstance(profile, str) or profile not in PROFILES:
                return given
            return {**fitted(PROFILES[profile], given), **given}

        @model_validator(mode="after")
        def _lengths_are_in_order(self) -> Self:
            if self.min_duration > self.max_duration:
                raise ValueError(f"min_duration {self.min_duration} is longer than max_duration {self.max_duration}")
            target = self.target_duration
            if target is not None and not self.min_duration <= target <= self.max_duration:
                raise ValueError(
                    f"target_duration {target} lies outside min_duration {self.min_duration}"
                    f" to max_duration {self.max_duration}"
                )
            return self

    options: Options
    bar: ClassVar[float] = 0.0
    """Score from which a candidate is good enough for a clip where ``count`` is auto."""

    @abstractmethod
    @keeps(contracts.picked)
    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        """Return candidates, best first, without overlaps; more than ``most``, to replace rejected ones."""

    def most(self, video: Video) -> int:
        """How many clips there may be: ``count``, or where it is auto, one for each four minutes of the video.

        Without a ``bar``, which tells the good from the others, no more than three.
        """
        if self.options.count != "auto":
            return self.options.count
        fit = max(1, round(video.duration / _APART))
        return fit if self.bar else min(FEW, fit)

    def is_good(self, candidate: Highlight) -> bool:
        """Whether a candidate becomes a clip because it is good: any does where ``count`` is a number."""
        return self.options.count != "auto" or candidate.score >= self.bar

    def wanted(self, video: Video, found: Sequence[Highlight]) -> int:
        """How many of the candidates become clips: as many as are good, at least one, and ``most`` at most."""
        return min(self.most(video), max(1, sum(map(self.is_good, found))))

    def left_out(self, video: Video, ctx: Context) -> Mapping[str, int]:
        """How many stretches of the video cannot be candidates, by the reason, for a person who asks."""
        return {}

    def preview(self, video: Video, ctx: Context) -> str:
        """What ``highlight`` would send to a service, for a person to read; sends nothing itself.

        Raises ConfigError here, in the core class: only a backend that talks to a service has anything to show.
        """
        raise ConfigError(
            f"the highlight backend {self.name!r} sends nothing anywhere, so there is nothing to preview",
            do="--dry-run is for backends that ask a service, such as llm: --set highlight.backend=llm",
        )


class Reframer(Stage):
    """Decides where to look."""

    group: ClassVar[str] = "reframe"

    class Options(Stage.Options):
        ratio: Annotated[
            tuple[Ratio, ...], BeforeValidator(_listed, json_schema_input_type=tuple[Ratio, ...] | str | None)
        ] = Field(
            (),
            max_length=4,
            description="Shape of the clips, such as 9:16; sets what is not set of width and height. Several"
            " (9:16,1:1): each clip is made in each shape.",
        )
        width: int = Field(1080, ge=16, le=7680, multiple_of=2, description="Width of the clips, in pixels.")
        height: int = Field(1920, ge=16, le=7680, multiple_of=2, description="Height of the clips, in pixels.")

        @model_validator(mode="before")
        @classmethod
        def _ratio_fills_in(cls, given: object) -> object:
            """The side that is not set follows from the ratio; with neither, the shorter one has 1080 pixels."""
            ratios = _listed(given.get("ratio")) if isinstance(given, Mapping) else ()
            if not isinstance(given, Mapping) or not ratios or ratios[0] not in RATIOS:
                return given
            return {**sized(str(ratios[0]), given), **given}

        @model_validator(mode="after")
        def _ratio_is_kept(self) -> Self:
            if self.ratio and not fits(self.ratio[0], self.width, self.height):
                wanted = f"{self.width}x{self.height} is not {self.ratio[0]}"
                raise ValueError(f"{wanted}: set two of ratio, width and height")
            return self

    options: Options

    def shapes(self) -> tuple[Self, ...]:
        """A reframer for each shape that is asked for, the main one first; their shorter sides are the same."""
        ratios = self.options.ratio
        return tuple(self._in_ratio(ratio) for ratio in ratios) if len(ratios) > 1 else (self,)

    def _in_ratio(self, ratio: Ratio) -> Self:
        shorter = min(self.options.width, self.options.height)
        side = {"width" if RATIOS[ratio] < 1 else "height": shorter}
        kept = self.options.model_dump(exclude_unset=True, exclude={"ratio", "width", "height"})
        made = type(self)(type(self.options).model_validate({**kept, **side, "ratio": (ratio,)}))
        made.name = self.name
        return made

    @abstractmethod
    @keeps(contracts.framed)
    def reframe(self, video: Video, highlight: Highlight, ctx: Context) -> CropPath:
        """Return windows over time for the whole highlight, shot by shot, without gaps."""

    def followed(self, video: Video, highlight: Highlight, ctx: Context) -> list[Track]:
        """The face tracks that ``reframe`` uses in a highlight, for debug videos; none by default."""
        return []

    def watches_speakers(self) -> bool:
        """Whether ``reframe`` finds faces and asks who of them speaks; then words are given to people by that, too."""
        return False


class Pizzazz(Stage):
    """Adds something to a clip. Three hooks, all optional; a hook that is not overridden costs nothing.

    Several clips may go through the same object at once, in threads: what belongs to one clip lives in the edit or
    inside the hook, never on ``self``.
    """

    group: ClassVar[str] = "pizzazz"
    retimes: ClassVar[bool] = False
    """Whether ``plan`` cuts parts out of the clip. Such a pizzazz comes before those that plan for moments of it."""

    def check(self, transcript: Transcript) -> None:
        """Raise ConfigError when this cannot show what is said in a video; called before any clip is chosen."""

    @keeps(contracts.planned)
    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Decide, as data only: the result is stored. Put own data in ``edit.plans[self.name]``."""
        return edit

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        """Pass the rendered frames on, changed. A stream: hold as few as the effect needs."""
        return frames

    def audio(self, audio: Iterator[AudioBlock], edit: Edit, ctx: Context) -> Iterator[AudioBlock]:
        """Pass the clip's sound on, changed. A stream of blocks in clip time."""
        return audio


def in_order(pizzazz: tuple[Pizzazz, ...]) -> tuple[Pizzazz, ...]:
    """The same, checked. Raises ConfigError when one cuts out what another has planned for before."""
    planned: list[str] = []
    for effect in pizzazz:
        if effect.retimes and planned:
            raise ConfigError(
                f"the pizzazz {effect.name!r} cuts out what {' and '.join(planned)} already planned for",
                do=f"Put {effect.name!r} first",
            )
        if not effect.retimes and type(effect).plan is not Pizzazz.plan:
            planned.append(repr(effect.name))
    return pizzazz


class Renderer(Stage):
    """Makes the file: one decode, one resample, one encode. May be asked for several clips at once, in threads."""

    group: ClassVar[str] = "render"
    suffix: ClassVar[str] = ".mp4"
    """How the names of its files end."""

    class Options(Stage.Options):
        track: str = Field(
            "",
            max_length=200,
            coerce_numbers_to_str=True,
            description="Sound track of the clips: a number (from 1), a language, a title, or mix; the one that is"
            " transcribed when not given.",
        )

    options: Options

    def check(self) -> None:
        """Raise ConfigError when this machine cannot render so; called before any work. By default all is well."""

    @abstractmethod
    @keeps(contracts.written)
    def render(self, video: Video, edit: Edit, pizzazz: tuple[Pizzazz, ...], path: Path, ctx: Context) -> None:
        """Write the finished clip to ``path`` (a temporary name; the store moves it into place)."""

    @keeps(contracts.written)
    def render_sound(
        self, video: Video, edit: Edit, pizzazz: tuple[Pizzazz, ...], earlier: Clip, path: Path, ctx: Context
    ) -> None:
        """The same, where an ``earlier`` version of the clip has the same pictures; by default all is rendered.

        Repairs of the sound alone (``edit.gain``, ``edit.sides``) ask for it: the pictures may be copied.
        """
        self.render(video, edit, pizzazz, path, ctx)


class Reviewer(Stage):
    """Measures the finished file."""

    group: ClassVar[str] = "review"

    @abstractmethod
    @keeps(contracts.reviewed)
    def review(self, clip: Clip, ctx: Context) -> Review:
        """Return what was found. ``clip.edit`` is None for a file that clipy did not make."""

    @keeps(contracts.reviewed)
    def foresee(self, edit: Edit, ctx: Context) -> Review:
        """Return those of the errors of ``review`` that are known before the clip is rendered; by default nothing.

        A candidate with one that cannot be repaired is refused without the cost of an encode. ``ctx.video`` is the
        source.
        """
        return Review(self.name)

    @keeps(contracts.reviewed)
    def compare(self, clip: Clip, others: tuple[Clip, ...], ctx: Context) -> Review:
        """Return what was found beside other clips; by default nothing.

        ``others`` are the clips that passed before it in the run, and those that were published from this machine. Of
        the latter only the file's sha256 (``fingerprint``) and a ``name`` for people are known: their path is empty.
        """
        return Review(self.name)


class Uploader(Stage):
    """Publishes a clip that passed, at most once."""

    group: ClassVar[str] = "upload"

    class Options(Stage.Options):
        ratio: Ratio | None = Field(None, description="Publish only clips of this shape; all unless given.")

    options: Options

    def takes(self, clip: Clip) -> bool:
        """Whether the user wants a clip of this shape here."""
        return self.options.ratio is None or fits(self.options.ratio, clip.width, clip.height)

    @abstractmethod
    @keeps(contracts.posted)
    def upload(self, clip: Clip, ctx: Context) -> Post:
        """Publish and return the proof."""
