"""What a renderer is handed: a clip's composed frames and its mixed sound, with every pizzazz on them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from clipy.context import Context
from clipy.media.frame import AudioBlock, Frame
from clipy.stages.base import Pizzazz
from clipy.stages.render.encoding.frames import clip_frames, output_rate
from clipy.stages.render.encoding.soundtrack import joined_sound
from clipy.stages.streams import with_frame_effects, with_sound_effects
from clipy.types import Edit, Video


def composed_frames(
    video: Video, edit: Edit, pizzazz: tuple[Pizzazz, ...], ctx: Context, *, rate: Fraction | None = None
) -> Iterator[Frame]:
    """A clip's frames, ready to encode: ``round(edit.duration * rate)`` of them; frame k is at clip time k / rate.

    ``rate`` is the standard rate that suits the source unless given. Each is cropped and scaled to the edit's size, and
    has been through every pizzazz in order. A stream: nothing holds a whole clip.
    """
    rate = output_rate(video.frame_rate) if rate is None else rate
    frames = clip_frames(video, edit, rate, round(edit.duration * rate))
    return with_frame_effects(frames, edit, pizzazz, ctx)


def mixed_sound(video: Video, edit: Edit, pizzazz: tuple[Pizzazz, ...], ctx: Context) -> Iterator[AudioBlock]:
    """A clip's sound: float32 (2, n) blocks at 48 kHz, as long as the clip, through every pizzazz in order.

    The kept spans are joined without clicks; a source without sound gives silence. Its loudness is not normalised.
    """
    return with_sound_effects(joined_sound(video, edit), edit, pizzazz, ctx)
