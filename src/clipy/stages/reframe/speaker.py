"""``reframe = "speaker"``, the default: shots, faces, active speakers, and a camera that follows them."""

from __future__ import annotations

import logging
from typing import Literal

from pydantic import Field

from clipy.analysis.base import ShotDetector, SpeakerDetector
from clipy.analysis.camera.attention import Attention
from clipy.analysis.camera.camera import Camera
from clipy.analysis.people.speaking import speaking_tracks
from clipy.analysis.picture.shot_analysis import analyze_shots
from clipy.context import Context
from clipy.stages.base import Reframer
from clipy.stages.reframe.layouts.director import LAYOUTS, Director
from clipy.stages.reframe.saliency import salient_crop
from clipy.types import CropPath, CropShot, Highlight, Layout, Track, Video

log = logging.getLogger(__name__)


class Speaker(Reframer):
    """Frames the person who speaks, and cuts to the next one when the speaker changes."""

    version = 11

    class Options(Reframer.Options):
        layout: Literal["auto", "single", "stack", "grid", "fit", "inset"] = Field(
            "auto",
            description="single: one window; stack: two people, one above the other; grid: up to four; fit: the whole"
            " picture over a backdrop; inset: a face camera above its content; auto: whatever suits each shot.",
        )
        layouts: tuple[Layout, ...] = Field(
            LAYOUTS,
            description="Layouts that auto may use; stack and grid are for crosstalk and rapid exchanges.",
            min_length=1,
        )
        face_share: float = Field(
            0.16, gt=0, le=0.5, description="Zoom in until the face has this share of the window's height."
        )
        max_upscale: float = Field(2.5, ge=1, le=8, description="Largest enlargement of source pixels.")
        stay: float = Field(1.2, ge=0, le=30, description="Shortest time on one person, in seconds.")
        lead: float = Field(
            0.2, ge=0, le=2, description="How long before the first word to cut to a speaker, in seconds."
        )
        switch: float = Field(
            0.3, ge=0, le=30, description="How long somebody else must speak before a switch, in seconds."
        )
        voices: bool | None = Field(
            None,
            description="Combine faces with diarized voices where several faces are on screen. By default, only if"
            " the speaker detector is known to benefit.",
        )

    options: Options

    def reframe(self, video: Video, highlight: Highlight, ctx: Context) -> CropPath:
        options = self.options
        shots = ctx.within(0, 0.2).cached(ctx.analyser(ShotDetector).detect, video, highlight.span)
        scenes = analyze_shots(video, shots, ctx.within(0.2, 0.3))
        tracks = [] if options.layout == "fit" else self.followed(video, highlight, ctx.within(0.3, 1))
        if not tracks and options.layout != "fit":
            log.warning("%s: no faces found; the crop follows salient regions instead", video.path.name)
        camera = self.camera(video, ctx)
        if tracks:
            camera = camera.leading(-ctx.analyser(SpeakerDetector).available().lookahead_seconds())
        forced = None if options.layout == "auto" else options.layout
        director = Director(camera, salient_crop, forced, options.layouts)
        crops: list[CropShot] = []
        for scene in scenes:
            crops += director.crop_shots(scene, [track for track in tracks if track.shot == scene.span])
        return CropPath(options.width, options.height, tuple(crops))

    def camera(self, video: Video, ctx: Context) -> Camera:
        """The camera that makes windows of faces; override it for another."""
        options = self.options
        return Camera(
            video,
            options.width,
            options.height,
            face_share=options.face_share,
            max_upscale=options.max_upscale,
            attention=Attention(options.stay, options.lead, options.switch),
        )

    def watches_speakers(self) -> bool:
        return self.options.layout != "fit"

    def followed(self, video: Video, highlight: Highlight, ctx: Context) -> list[Track]:
        return speaking_tracks(video, highlight.span, ctx, voices=self.options.voices)
