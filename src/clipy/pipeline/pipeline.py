"""The five stages in order, top to bottom. The whole configuration is checked before any work begins.

    highlight -> reframe -> render (+ pizzazz) -> review -> upload

Candidates are taken best first. A rejected clip is repaired, if every error in it names a repair, and reviewed again,
once; errors that are known from its plan count before it is rendered. One that is finally rejected is replaced by the
next candidate, until the requested number is reached or no candidate is left.

Stages overlap (``clipy.pipeline.parallel``): several candidates are reframed at once, and while one clip is reviewed
the next are rendered; what comes out is the same.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from clipy.analysis.audio.tracks import choose_mixes
from clipy.analysis.base import Aligner, Diarizer, Embedder, ShotDetector, SpeakerDetector, Transcriber
from clipy.analysis.people.speaker_attribution import SpeakerAttribution
from clipy.analysis.people.turns import conversation
from clipy.analysis.perception import scored_tracks, speech_without_words, transcript_of
from clipy.backend import Backend
from clipy.config import Config
from clipy.context import Context
from clipy.contract import call
from clipy.device import demand
from clipy.errors import ConfigError, MediaError, ModelError, NothingToDeliver, UploadError
from clipy.mixing import FIRST_TRACK
from clipy.models import Model, known
from clipy.pipeline import factory
from clipy.pipeline.attempts import Planned, each
from clipy.pipeline.debug.saving import save_debug
from clipy.pipeline.decision_log import log_candidates, log_crop, log_lost_speech, log_review
from clipy.pipeline.memory import release
from clipy.pipeline.outcome import Clock, Outcome, Rejected, Result, summarize_errors
from clipy.pipeline.parallel import (
    analyses_at_once,
    counted_progress,
    render_slot,
    renders_at_once,
    with_progress,
    working_ahead,
)
from clipy.pipeline.quality_control import QualityControl, clip_of
from clipy.pipeline.recorded_settings import recorded_settings
from clipy.pipeline.repair import has_same_pictures, plan_repair
from clipy.pipeline.script_check import check_script, spoken_language
from clipy.pipeline.shapes import Making, in_every_shape
from clipy.pipeline.sound_only import with_waveform
from clipy.stages.base import Highlighter, Pizzazz, Reframer, Renderer, Reviewer, Uploader, in_order
from clipy.storage.store import Store, key_of, write_json
from clipy.text.slugs import slug
from clipy.types import Clip, CropPath, Edit, Highlight, Transcript, Video, seconds

log = logging.getLogger(__name__)


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
    more_shapes: tuple[Reframer, ...] = ()

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
        reframer, *more = factory.one(config, Reframer).shapes()
        return cls(
            analysers=factory.analysers(config),
            highlighter=factory.one(config, Highlighter),
            reframer=reframer,
            more_shapes=tuple(more),
            pizzazz=in_order(factory.several(config, Pizzazz)),
            renderer=factory.one(config, Renderer),
            reviewers=factory.several(config, Reviewer),
            uploaders=factory.several(config, Uploader),
            device=config.device,
        )

    def suited_to(self, video: Video) -> Pipeline:
        """The pipeline for a source: with a waveform where that has only sound."""
        return replace(self, pizzazz=with_waveform(video, self.pizzazz))

    @property
    def quality_control(self) -> QualityControl:
        """The reviewers, with the analysers that they may ask."""
        return QualityControl(self.analysers, self.reviewers, self.device)

    def identity(self, video: Video, store: Store) -> str:
        """A key of everything that decides what a run makes; equal identities give equal clips."""
        reframers = (self.reframer, *self.more_shapes)
        stages = [self.highlighter, *reframers, *self.pizzazz, self.renderer, *self.reviewers]
        analysers = sorted(self.analysers.values(), key=lambda analyser: analyser.group)
        beside = [files for backend in (*analysers, *stages) if (files := call(backend.sidecar_digests, (video.path,)))]
        learnt = [files for backend in (*analysers, *stages) if (files := call(backend.store_digests, (store.root,)))]
        return key_of(replace(video, speech_mix=FIRST_TRACK, clip_mix=FIRST_TRACK), analysers, stages, *beside, *learnt)

    def choose_mixes(self, video: Video, ctx: Context) -> Video:
        """The video with its audio mixes chosen, and defective tracks repaired where possible."""
        transcriber = self.analysers.get(Transcriber)
        if not isinstance(transcriber, Transcriber):
            return video
        language = getattr(transcriber.options, "language", None) or ""
        track, clip_track = transcriber.options.track, self.renderer.options.track
        part = ctx.at("transcribe")
        spoken = partial(spoken_language, transcriber, part)
        return choose_mixes(video, part, track=track, clip_track=clip_track, language=language, spoken=spoken)

    def check_script(self, video: Video, ctx: Context) -> None:
        """Raise ConfigError, before hours of transcribing, where what is spoken could not be written on a clip."""
        check_script(self.analysers.get(Transcriber), self.check_text, video, ctx)

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
        """Make and publish the clips of one video. Raises NothingToDeliver, after writing the reasons, if none passes.

        With ``debug`` the folder ``debug`` in it shows what was seen and decided, for rejected candidates too; with
        ``report`` the page ``report.html`` shows the reviewers' findings.
        """
        clock = Clock()
        log.info("%s, %.1f s, %dx%d: %s", video.path.name, video.duration, video.width, video.height, self)
        self.check_length(video)
        call(self.renderer.check, ())
        with clock.measuring("transcribe"):
            video = self.choose_mixes(video, ctx)
        ctx = replace(ctx, video=video, transcribed=True)
        made, rejected, left, attribution = self._make(video, ctx, clock)
        making = Making(video, attribution, clock, ctx)
        named = [one.named(slug(video.path.stem)) for one in in_every_shape(self, made, rejected, making)]
        with clock.measuring("upload"):
            made = self.publish_all(named, ctx)
        identity, settings = self.identity(video, ctx.store), recorded_settings(self.backends())
        result = Result(video, folder, tuple(made), tuple(rejected), clock.spent, identity, settings, left)
        write_json(folder / "clips.json", result.document())
        if report:
            result.write_report()
        if debug:
            backends = [*self.analysers.values(), self.highlighter, self.reframer, *self.pizzazz, self.renderer]
            debug_ctx = replace(ctx, conversation=attribution.conversation)
            save_debug(result, attribution, self.reframer, backends, debug_ctx)
        if not made:
            reasons = tuple(item.reason() for item in rejected) or ("the highlighter found no moment worth a clip",)
            raise NothingToDeliver(
                "no clip to deliver", reasons, where=video.path, do="Reasons are listed above and in clips.json"
            )
        return result

    def _make(
        self, video: Video, ctx: Context, clock: Clock
    ) -> tuple[list[Outcome], list[Rejected], tuple[Highlight, ...], SpeakerAttribution]:
        with clock.measuring("transcribe"):
            self.check_script(video, ctx)
            self.check_text(self.transcribe(video, ctx))
        release(self.analysers, Transcriber, Aligner)
        with clock.measuring("highlight"):
            candidates = deque(self.highlight(video, ctx))
        ctx = self.with_conversation(video, candidates, ctx)
        with clock.measuring("transcribe"):
            attribution = SpeakerAttribution.from_audio(video, candidates, ctx.at("transcribe"))
        release(self.analysers, Embedder, Diarizer)
        made: list[Outcome] = []
        rejected: list[Rejected] = []
        published = self.quality_control.published(ctx)
        wanted = self.highlighter.wanted(video, candidates)
        while candidates and len(made) < wanted and (not made or self.highlighter.is_good(candidates[0])):
            batch = [candidates.popleft() for _ in range(min(wanted - len(made), len(candidates)))]
            with clock.measuring("reframe"):
                part = ctx.at("reframe")
                outlines = each(batch, partial(self.outline, video), part.within(0, 0.7), rejected, analyses_at_once())
                chosen = [outline.highlight for outline in outlines]
                attribution = self.add_faces(video, attribution, chosen, part.within(0.7, 0.8))
                planned = each(outlines, partial(self.planned, video, attribution), part.within(0.8, 1), rejected)
            release(self.analysers, ShotDetector, SpeakerDetector)
            render = partial(self.rendered, video, clock)
            with working_ahead(planned, render, ctx.at("render"), renders_at_once()) as clips:
                for clip, part in counted_progress(clips, len(planned), ctx.at("review")):
                    others = (*(outcome.clip for outcome in made), *published)
                    outcome = self.reviewed(video, clip, part, clock, others, attribution)
                    if isinstance(outcome, Rejected):
                        rejected.append(outcome)
                    else:
                        made.append(outcome)
                    release(self.analysers, Transcriber)
        return made, rejected, tuple(candidates), attribution

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        """Make the transcript, a step of its own because it takes long and every later stage uses it.

        What is listened to is chosen first, where it was not yet, so that everybody gets the same words.
        """
        if (video.speech_mix, video.clip_mix) == (FIRST_TRACK, FIRST_TRACK):
            video = self.choose_mixes(video, ctx)
        transcript = transcript_of(video, ctx.at("transcribe"))
        log_lost_speech(video, speech_without_words(video, transcript, ctx.at("transcribe")))
        return transcript

    def check_text(self, transcript: Transcript) -> None:
        """Raise ConfigError, before a clip is chosen, for what is said and cannot be written on one."""
        for pizzazz in self.pizzazz:
            pizzazz.check(transcript)

    def check_length(self, video: Video) -> None:
        """Raise NothingToDeliver, before any work, for a video shorter than the shortest clip."""
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
        log_candidates(found, self.highlighter.wanted(video, found))
        return found

    def with_conversation(self, video: Video, picks: Iterable[Highlight], ctx: Context) -> Context:
        """The context for all that follows on some picks: what is diarized is decided for all of them at once."""
        return replace(ctx, conversation=conversation(video, [pick.span for pick in picks]))

    def reframe(self, video: Video, highlight: Highlight, ctx: Context) -> CropPath:
        """The crop of one highlight, from its start to its end."""
        path = ctx.cached(self.reframer.reframe, video, highlight)
        log_crop(highlight, path)
        return path

    def outline(self, video: Video, highlight: Highlight, ctx: Context) -> Edit:
        """A clip with only its crop decided."""
        return Edit(highlight, self.reframe(video, highlight, ctx), (highlight.span,))

    def add_faces(
        self, video: Video, attribution: SpeakerAttribution, clips: Sequence[Highlight], ctx: Context
    ) -> SpeakerAttribution:
        """The attribution joined with the faces of clips, if the reframer watches speakers.

        Their scores are the detector's own: the attribution weighs the voices in itself, and must not count them twice.
        """
        if not call(self.reframer.watches_speakers, ()):
            return attribution
        try:
            faces = [(clip.span, scored_tracks(video, clip.span, ctx)) for clip in clips]
        except (MediaError, ModelError) as error:
            log.warning("words get their speakers by voice alone: %s", error)
            return attribution
        return attribution.add_faces(video, faces, ctx)

    def decorate(self, video: Video, attribution: SpeakerAttribution, edit: Edit, ctx: Context) -> Edit:
        """Add a clip's words with their speakers, and let each pizzazz plan, in order."""
        words = attribution.within(edit.highlight.span)
        edit = replace(edit, language=attribution.transcript.language, words=words, speakers=attribution.speakers)
        return self.plan(video, edit, ctx)

    def planned(self, video: Video, attribution: SpeakerAttribution, outline: Edit, ctx: Context) -> Planned | Rejected:
        """A clip ready to be rendered; one with an error that is known before is repaired, or refused."""
        edit = self.decorate(video, attribution, outline, ctx)
        reviews = self.quality_control.foresee(edit, ctx)
        findings = [finding for review in reviews for finding in review.findings]
        if all(review.passed for review in reviews):
            return Planned(edit)
        plan = plan_repair(video, edit, findings, seconds(self.highlighter.options.min_duration))
        log.info("%s before it is rendered: %s", "repaired" if plan else "rejected", summarize_errors(findings))
        if plan is None:
            return Rejected(edit.highlight, reviews, planned=edit)
        return Planned(self.decorate(video, attribution, plan.outline, ctx), plan.because)

    def plan(self, video: Video, edit: Edit, ctx: Context) -> Edit:
        """Let each pizzazz plan a clip whose words are known, in order."""
        for pizzazz in self.pizzazz:
            if type(pizzazz).plan is not Pizzazz.plan:
                edit = ctx.cached(pizzazz.plan, video, edit)
        return edit

    def render(self, video: Video, edit: Edit, ctx: Context) -> Clip:
        """The finished file of one edit, in the store."""
        ctx = replace(ctx, reviewed=bool(self.reviewers))
        with render_slot():
            path = ctx.cached_file(self.renderer.render, video, edit, self.pizzazz, suffix=self.renderer.suffix)
        return replace(clip_of(path), edit=edit)

    def render_again(self, video: Video, edit: Edit, earlier: Clip, ctx: Context) -> Clip:
        """The same for a repaired edit: where only its sound differs, the ``earlier`` clip's pictures are copied."""
        if not has_same_pictures(edit, earlier.edit):
            return self.render(video, edit, ctx)
        ctx, step = replace(ctx, reviewed=bool(self.reviewers)), self.renderer.render_sound
        path = ctx.cached_file(step, video, edit, self.pizzazz, earlier, suffix=self.renderer.suffix)
        return replace(clip_of(path), edit=edit)

    def rendered(self, video: Video, clock: Clock, planned: Planned, ctx: Context) -> Outcome | Rejected:
        """A clip that nobody has reviewed, rendered while others are reviewed."""
        try:
            with clock.measuring("render"):
                return Outcome(self.render(video, planned.edit, ctx), None, repaired=planned.repaired)
        except MediaError as error:
            log.warning("%s", error)
            return Rejected.undecodable(planned.edit, error)

    def reviewed(
        self,
        video: Video,
        rendered: Outcome | Rejected,
        ctx: Context,
        clock: Clock,
        others: tuple[Clip, ...],
        attribution: SpeakerAttribution,
    ) -> Outcome | Rejected:
        """A clip that passed, repaired where that helps; else why it did not."""
        if isinstance(rendered, Rejected):
            return rendered
        with clock.measuring("review"):
            judged = self.quality_control.judge(rendered.clip, ctx, others)
        outcome = replace(judged, repaired=rendered.repaired)
        outcome = self.repair(video, outcome, ctx, clock, others, attribution)
        log_review(outcome)
        return outcome if outcome.passed else Rejected.refused(outcome)

    def repair(
        self,
        video: Video,
        outcome: Outcome,
        ctx: Context,
        clock: Clock,
        others: tuple[Clip, ...],
        attribution: SpeakerAttribution,
    ) -> Outcome:
        """A rejected clip rendered and reviewed again, if every error in it names a repair; else unchanged."""
        edit = outcome.clip.edit
        if outcome.passed or edit is None:
            return outcome
        plan = plan_repair(video, edit, outcome.findings, seconds(self.highlighter.options.min_duration))
        if plan is None:
            return outcome
        log.info("repairing and reviewing again: %s", summarize_errors(plan.because))
        try:
            with clock.measuring("render"):
                edit = self.decorate(video, attribution, plan.outline, ctx.at("render"))
                clip = self.render_again(video, edit, outcome.clip, ctx.at("render"))
            with clock.measuring("review"):
                repaired = (*outcome.repaired, *plan.because)
                return replace(self.quality_control.judge(clip, ctx.at("review"), others), repaired=repaired)
        except MediaError as error:
            log.warning("%s", error)
            return outcome

    def in_other_shapes(self) -> tuple[Pipeline, ...]:
        """The same pipeline for each further shape of the clips."""
        return tuple(replace(self, reframer=reframer, more_shapes=()) for reframer in self.more_shapes)

    def publish_all(self, named: Sequence[Outcome], ctx: Context) -> list[Outcome]:
        """Publish each clip with every uploader."""
        return [self.publish(outcome, part) for outcome, part in with_progress(named, ctx.at("upload"))]

    def publish(self, outcome: Outcome, ctx: Context) -> Outcome:
        """Hand one clip to every uploader. A failed upload does not stop the others."""
        posts, failures = [], []
        for uploader in self.uploaders:
            if not uploader.takes(outcome.clip):
                continue
            try:
                posts.append(call(uploader.upload, (outcome.clip,), ctx))
                log.info("%s: %s -> %s", uploader.name, outcome.clip.name, posts[-1].where)
            except UploadError as error:
                log.warning("%s: %s was not posted: %s", uploader.name, outcome.clip.name, error)
                failures.append(error)
        return replace(outcome, posts=tuple(posts), failures=tuple(failures))
