"""The five stages in order, top to bottom. The whole configuration is checked before any work begins.

    highlight -> reframe -> render (+ pizzazz) -> review -> upload

Candidates are taken best first. A clip that the reviewers reject is repaired where every fault names its repair, and
reviewed again, once. One that is rejected for good is replaced by the next, until the asked number is reached or no
candidate is left.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from clipy.analysis.people.speaker_attribution import SpeakerAttribution
from clipy.analysis.perception import transcript_of
from clipy.backend import Backend
from clipy.config import Config
from clipy.context import Context
from clipy.device import demand
from clipy.errors import ConfigError, MediaError, NothingToDeliver, UploadError
from clipy.groups import ANALYSERS
from clipy.models import Model, known
from clipy.pipeline import factory
from clipy.pipeline.debug.saving import save_clip
from clipy.pipeline.decision_log import framed, layouts, log_review, picked, told
from clipy.pipeline.delivery import prepare
from clipy.pipeline.outcome import Clock, Outcome, Rejected, summarize_errors
from clipy.pipeline.parallel import parallel_map, renders_at_once, shares
from clipy.pipeline.quality_control import clip_of, judged, published
from clipy.pipeline.repair import repaired
from clipy.pipeline.result import Result
from clipy.stages.base import Highlighter, Pizzazz, Reframer, Renderer, Reviewer, Uploader, in_order
from clipy.storage.folders import make_writable
from clipy.storage.store import key_of, write_json
from clipy.text.slugs import slug
from clipy.types import Clip, CropPath, Edit, Highlight, Video, seconds

log = logging.getLogger(__name__)
B = TypeVar("B", bound=Backend)
Item = TypeVar("Item", Highlight, Edit, Clip)
Made = TypeVar("Made")


@dataclass(frozen=True)
class Pipeline:
    """One backend for each stage that takes one, several in order for those that take several."""

    analysers: Mapping[type[Backend], Backend]
    highlighter: Highlighter
    reframer: Reframer
    pizzazz: tuple[Pizzazz, ...]
    renderer: Renderer
    reviewers: tuple[Reviewer, ...]
    uploaders: tuple[Uploader, ...]
    device: str = "auto"

    def __str__(self) -> str:
        """Which backend does what."""
        one = [*self.analysers.values(), self.highlighter, self.reframer, self.renderer]
        several = {"pizzazz": self.pizzazz, "review": self.reviewers, "upload": self.uploaders}
        lists = [f"{group} {'+'.join(item.name for item in items) or 'none'}" for group, items in several.items()]
        return ", ".join([*(f"{backend.group} {backend.name}" for backend in one), *lists])

    @classmethod
    def from_config(cls, config: Config) -> Pipeline:
        """Make every backend. Raises ConfigError for anything that would fail later."""
        if config.lists["upload"] and not config.lists["review"]:
            raise ConfigError("clips would be uploaded unreviewed", do="Add a [[review]], or set upload = []")
        demand(config.device)
        made = {group: factory.one(config, group) for group in config.tables if group not in ANALYSERS}
        return cls(
            analysers=factory.analysers(config),
            highlighter=_of(Highlighter, made["highlight"]),
            reframer=_of(Reframer, made["reframe"]),
            pizzazz=in_order(factory.several(config, Pizzazz)),
            renderer=_of(Renderer, made["render"]),
            reviewers=factory.several(config, Reviewer),
            uploaders=factory.several(config, Uploader),
            device=config.device,
        )

    def identity(self, video: Video) -> str:
        """Names everything that decides what a run makes; equal identities give equal clips."""
        stages = [self.highlighter, self.reframer, *self.pizzazz, self.renderer, *self.reviewers]
        analysers = sorted(self.analysers.values(), key=lambda analyser: analyser.group)
        beside = [files for backend in (*analysers, *stages) if (files := backend.sidecar_digests(video.path))]
        return key_of(video, analysers, stages, *beside)

    def backends(self) -> tuple[Backend, ...]:
        """Every backend: the analysers, then the stages in order."""
        analysers = sorted(self.analysers.values(), key=lambda analyser: analyser.group)
        stages = [self.highlighter, self.reframer, *self.pizzazz, self.renderer, *self.reviewers, *self.uploaders]
        return (*analysers, *stages)

    def models(self) -> tuple[Model, ...]:
        """The models that its backends load and that clipy can fetch, each once."""
        digests = {digest for backend in self.backends() for digest in backend.input_digests()}
        return tuple(model for model in known() if model.sha256 in digests)

    def run(self, video: Video, folder: Path, ctx: Context, *, debug: bool = False, report: bool = False) -> Result:
        """Make and publish the clips of one video. Raises NothingToDeliver, after writing why, when none passed.

        With ``debug`` the folder ``debug`` in it shows what was seen and decided, of rejected candidates too; with
        ``report`` the page ``report.html`` shows what the reviewers found.
        """
        clock = Clock()
        log.info("%s, %.1f s, %dx%d: %s", video.path.name, video.duration, video.width, video.height, self)
        ctx = replace(ctx, video=video)
        made, rejected = self._make(video, ctx, clock)
        with clock.measuring("upload"):
            made = self.upload(made, slug(video.path.stem), ctx)
        result = Result(video, folder, tuple(made), tuple(rejected), clock.spent, self.identity(video))
        write_json(folder / "clips.json", result.document())
        if report:
            result.write_report()
        if debug:
            self.save_debug(result, ctx)
        if not made:
            reasons = tuple(item.reason() for item in rejected) or ("the highlighter found nothing worth a clip",)
            raise NothingToDeliver(
                "no clip to deliver", reasons, where=video.path, do="Reasons are listed above and in clips.json"
            )
        return result

    def save_debug(self, result: Result, ctx: Context) -> None:
        """Save what was seen and decided about each clip, as video and as data, in ``debug`` of the run's folder."""
        backends = [*self.analysers.values(), self.highlighter, self.reframer, *self.pizzazz, self.renderer]
        folder = result.folder / "debug"
        make_writable(folder)
        made = [(item.clip.name, item.clip.edit, item.findings) for item in result.made]
        refused = [(f"rejected-{n:02d}", item.edit, item.findings) for n, item in enumerate(result.rejected, 1)]
        for (name, edit, findings), part in shares([*made, *refused], ctx.at("debug")):
            if edit is not None:
                save_clip(name, result.video, edit, findings, self.reframer, backends, folder, part)

    def _make(self, video: Video, ctx: Context, clock: Clock) -> tuple[list[Outcome], list[Rejected]]:
        self.check_length(video)
        self.renderer.check()
        with clock.measuring("transcribe"):
            self.transcribe(video, ctx)
        with clock.measuring("highlight"):
            candidates = deque(self.highlight(video, ctx))
        with clock.measuring("transcribe"):
            said = SpeakerAttribution.from_audio(video, candidates, ctx.at("transcribe"))
        made: list[Outcome] = []
        rejected: list[Rejected] = []
        known = published(self.reviewers, ctx)
        wanted = self.highlighter.options.count
        while candidates and len(made) < wanted:
            batch = [candidates.popleft() for _ in range(min(wanted - len(made), len(candidates)))]
            with clock.measuring("reframe"):
                part = ctx.at("reframe")
                outlines = _each(batch, partial(self.outline, video), part.within(0, 0.7), rejected)
                chosen = [outline.highlight for outline in outlines]
                said = self.add_faces(video, said, chosen, part.within(0.7, 0.8))
                edits = _each(outlines, partial(self.decorate, video, said), part.within(0.8, 1), rejected)
            with clock.measuring("render"):
                clips = _each(
                    edits,
                    partial(self.render, video),
                    ctx.at("render"),
                    rejected,
                    at_once=renders_at_once(),
                )
            for clip, part in shares(clips, ctx.at("review")):
                others = (*(outcome.clip for outcome in made), *known)
                with clock.measuring("review"):
                    outcome = self.judge(clip, part, others)
                outcome = self.repair(video, outcome, part, clock, others, said)
                log_review(outcome)
                if outcome.passed:
                    made.append(outcome)
                else:
                    rejected.append(Rejected.refused(outcome))
        return made, rejected

    def transcribe(self, video: Video, ctx: Context) -> None:
        """Made first and by itself, because it takes long and every later stage wants it."""
        transcript_of(video, ctx.at("transcribe"))

    def check_length(self, video: Video) -> None:
        """Before any work: a video shorter than the shortest clip has nothing to deliver."""
        shortest = self.highlighter.options.min_duration
        if video.duration < shortest:
            fits = min(5, int(video.duration))
            raise NothingToDeliver(
                f"the video lasts {float(video.duration):.1f} s, less than the shortest clip ({shortest:g} s)",
                where=video.path,
                do=f"Ask for shorter ones with --set highlight.min_duration={fits}" if fits else "Give a longer video",
            )

    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        """Candidates, best first."""
        self.check_length(video)
        found = ctx.at("highlight").cached(self.highlighter.highlight, video)
        for rank, pick in enumerate(found, 1):
            level = logging.INFO if rank <= self.highlighter.options.count else logging.DEBUG
            log.log(level, "candidate %d: %s", rank, told(pick), extra={"data": picked(pick, rank)})
        return found

    def reframe(self, video: Video, highlight: Highlight, ctx: Context) -> CropPath:
        """Where to look, all through one highlight."""
        path = ctx.cached(self.reframer.reframe, video, highlight)
        log.info("%s is framed as %s", told(highlight.span), layouts(path), extra={"data": framed(highlight, path)})
        return path

    def outline(self, video: Video, highlight: Highlight, ctx: Context) -> Edit:
        """A clip of which it is only decided where to look."""
        return Edit(highlight, self.reframe(video, highlight, ctx), (highlight.span,))

    def add_faces(
        self, video: Video, said: SpeakerAttribution, clips: Sequence[Highlight], ctx: Context
    ) -> SpeakerAttribution:
        """Who says what, with the faces of clips that were just reframed, where the reframer watches who speaks."""
        return said.add_faces(video, clips, ctx) if self.reframer.watches_speakers() else said

    def decorate(self, video: Video, said: SpeakerAttribution, edit: Edit, ctx: Context) -> Edit:
        """Let each pizzazz decide, in order, on top of a highlight, its crop and what is said in it by whom."""
        words = said.within(edit.highlight.span)
        edit = replace(edit, language=said.transcript.language, words=words, speakers=said.speakers)
        for pizzazz in self.pizzazz:
            if type(pizzazz).plan is not Pizzazz.plan:
                edit = ctx.cached(pizzazz.plan, video, edit)
        return edit

    def render(self, video: Video, edit: Edit, ctx: Context) -> Clip:
        """The finished file of one edit, in the store."""
        path = ctx.cached_file(self.renderer.render, video, edit, self.pizzazz, suffix=".mp4")
        return replace(clip_of(path), edit=edit)

    def judge(self, clip: Clip, ctx: Context, others: tuple[Clip, ...] = ()) -> Outcome:
        """What every reviewer finds in one clip, also beside others that it must not repeat."""
        return judged(self.reviewers, clip, others, ctx)

    def repair(
        self,
        video: Video,
        outcome: Outcome,
        ctx: Context,
        clock: Clock,
        others: tuple[Clip, ...],
        said: SpeakerAttribution,
    ) -> Outcome:
        """A rejected clip made anew, where all that was found can be repaired, and reviewed again; else as it was."""
        edit = outcome.clip.edit
        if outcome.passed or edit is None:
            return outcome
        plan = repaired(video, edit, outcome.findings, seconds(self.highlighter.options.min_duration))
        if plan is None:
            return outcome
        log.info("repaired and reviewed again: %s", summarize_errors(plan.because))
        try:
            with clock.measuring("render"):
                outline = Edit(plan.highlight, plan.crop, (plan.highlight.span,), gain=plan.gain)
                again = self.decorate(video, said, outline, ctx.at("render"))
                clip = self.render(video, again, ctx.at("render"))
            with clock.measuring("review"):
                return replace(self.judge(clip, ctx.at("review"), others), repaired=plan.because)
        except MediaError as error:
            log.warning("%s", error)
            return outcome

    def upload(self, made: Sequence[Outcome], prefix: str, ctx: Context) -> list[Outcome]:
        """Name the clips that passed, in order, and publish each with every uploader."""
        named = [replace(item, clip=replace(item.clip, name=f"{prefix}-{n:02d}")) for n, item in enumerate(made, 1)]
        return [self.publish(outcome, part) for outcome, part in shares(named, ctx.at("upload"))]

    def publish(self, outcome: Outcome, ctx: Context) -> Outcome:
        """Hand one clip to every uploader. One that cannot publish it now does not keep it from the others."""
        posts, failures = [], []
        for uploader in self.uploaders:
            try:
                posts.append(uploader.upload(outcome.clip, ctx))
                log.info("%s: %s -> %s", uploader.name, outcome.clip.name, posts[-1].where)
            except UploadError as error:
                log.warning("%s: %s is not posted: %s", uploader.name, outcome.clip.name, error)
                failures.append(error)
        return replace(outcome, posts=tuple(posts), failures=tuple(failures))

    def render_only(
        self,
        video: Video,
        cropped: Sequence[tuple[Highlight, CropPath]],
        folder: Path,
        ctx: Context,
        *,
        overwrite: bool,
    ) -> Result:
        """Render given crops into a folder, unreviewed; ``clips.json`` says so."""
        clock = Clock()
        identity = key_of(self.identity(video), cropped)
        self.renderer.check()
        with ctx.store.delivering(folder):
            prepare(folder, identity, overwrite=overwrite)
            with clock.measuring("render"):
                picks = [highlight for highlight, _ in cropped]
                said = self.add_faces(video, SpeakerAttribution.from_audio(video, picks, ctx), picks, ctx)
                outlines = [Edit(highlight, crop, (highlight.span,)) for highlight, crop in cropped]
                edits = [self.decorate(video, said, outline, ctx) for outline in outlines]
                clips = parallel_map(edits, partial(self.render, video), ctx, renders_at_once())
            made = self.upload([Outcome(clip, None) for clip in clips], slug(video.path.stem), ctx)
            result = Result(video, folder, tuple(made), (), clock.spent, identity)
            write_json(folder / "clips.json", result.document())
        return result


def _each(
    items: Sequence[Item],
    work: Callable[[Item, Context], Made],
    ctx: Context,
    rejected: list[Rejected],
    *,
    at_once: int = 1,
) -> list[Made]:
    """Work on each item with its share of the stage's progress.

    A stretch that cannot be decoded costs that candidate, not the run.
    """

    def tried(item: Item, part: Context) -> Made | MediaError:
        try:
            return work(item, part)
        except MediaError as error:
            log.warning("%s", error)
            return error

    found = parallel_map(items, tried, ctx, at_once)
    for item, one in zip(items, found, strict=True):
        if isinstance(one, MediaError):
            rejected.append(Rejected.undecodable(item, one))
    return [one for one in found if not isinstance(one, MediaError)]


def _of(core: type[B], backend: Backend) -> B:
    if not isinstance(backend, core):
        raise TypeError(f"{backend!r} is no {core.__name__}")
    return backend
