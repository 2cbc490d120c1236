"""Draws the pictures of docs/pizzazz.md: every preset and every pizzazz on a scene that is made here.

Run it after a change of looks: ``python docs/make_gallery.py``. The scene is computed: no footage is in the repository.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from pydantic import TypeAdapter

from clipy import registry
from clipy.context import Context
from clipy.media.frame import Frame, rgb_to_yuv
from clipy.media.probe import probe
from clipy.media.read import pictures
from clipy.media.resample import PanelWindow, Resampler
from clipy.stages.base import Pizzazz
from clipy.storage.store import Store
from clipy.types import Box, CropPath, CropShot, Edit, Highlight, Keyframe, Panel, Span, Video, Word
from clipy.typography.cards import Card, CardRules, group_into_cards
from clipy.typography.styles import CAPTION_PRESETS

Picture = NDArray[np.uint8]

IMAGES = Path(__file__).parent / "images"
TALL, WIDE = (1080, 1920), (1920, 1080)
SAID = (
    "The answer surprised 40 students and everyone in the laboratory."
    " What made the difference was one sentence that they wrote on paper."
)
TITLE = "Why nobody finishes what they start"
LENGTH = Fraction(12)
VIDEO = Video("gallery", LENGTH, Fraction(25), *WIDE, *WIDE, 0, Fraction(0))
SKIN, HAIR, SHIRT = (224, 172, 138), (58, 40, 36), (44, 62, 92)


def scene(width: int, height: int) -> Picture:
    """A room out of focus and somebody in it: a drawing, as neutral as a picture can be."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    wall = np.stack([96 + 70 * y + 40 * x, 108 + 54 * y + 30 * x, 128 + 26 * y + 10 * (1 - x)], axis=-1)
    canvas = wall.astype(np.uint8)
    chance, unit = np.random.default_rng(5), min(width, height)
    for _ in range(16):
        place = (int(chance.uniform(0, width)), int(chance.uniform(0, 0.7 * height)))
        tint = tuple(int(value) for value in chance.uniform((190, 150, 90), (255, 220, 170)))
        layer = canvas.copy()
        cv2.circle(layer, place, int(unit * chance.uniform(0.03, 0.09)), tint, -1, cv2.LINE_AA)
        canvas = np.asarray(cv2.addWeighted(layer, 0.35, canvas, 0.65, 0), np.uint8)
    canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), unit * 0.016), np.uint8)
    return _with_person(canvas, (width // 2, int(0.38 * height)), 0.15 * unit)


def _with_person(canvas: Picture, head: tuple[int, int], size: float) -> Picture:
    """Shoulders, neck, head and hair, shaded a little. ``size`` is half the head's width."""
    x, y = head

    def ellipse(dx: float, dy: float, wide: float, high: float, colour: tuple[int, int, int]) -> None:
        place, axes = (int(x + dx * size), int(y + dy * size)), (int(wide * size), int(high * size))
        cv2.ellipse(canvas, place, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)

    ellipse(0, 4.9, 2.75, 3.0, SHIRT)
    cv2.rectangle(canvas, (int(x - 2.75 * size), int(y + 5 * size)), (int(x + 2.75 * size), canvas.shape[0]), SHIRT, -1)
    ellipse(0, 1.75, 0.5, 0.8, tuple(int(0.86 * part) for part in SKIN))  # type: ignore[arg-type]
    ellipse(0, -0.28, 1.1, 1.28, HAIR)
    ellipse(0, 0.1, 0.94, 1.22, SKIN)
    ellipse(0, -0.95, 0.86, 0.42, HAIR)
    for side in (-0.36, 0.36):
        ellipse(side, -0.06, 0.1, 0.1, (40, 32, 34))
        ellipse(side, -0.3, 0.17, 0.04, HAIR)
    ellipse(0, 0.34, 0.1, 0.16, tuple(int(0.88 * part) for part in SKIN))  # type: ignore[arg-type]
    ellipse(0, 0.72, 0.3, 0.12, (150, 62, 62))
    return canvas


def words(text: str, speakers: Sequence[str | None] = (None,)) -> tuple[Word, ...]:
    pace, tokens = Fraction(2, 5), text.split()
    share = -(-len(tokens) // len(speakers))
    return tuple(Word(token, pace * n, pace * (n + 1), speaker=speakers[n // share]) for n, token in enumerate(tokens))


def edit(layout: str = "single", said: tuple[Word, ...] = ()) -> Edit:
    """A clip of the scene: upright from the middle, or with the whole wide picture shown."""
    if layout == "fit":
        panel = Panel((Keyframe(Fraction(0), Box(0, 0, *WIDE)),), (0, 656, 1080, 656 + 608))
        shots: tuple[CropShot, ...] = (CropShot(Span(Fraction(0), LENGTH), "fit", (panel,)),)
    else:
        shots = ()
    span = Span(Fraction(0), LENGTH)
    return Edit(Highlight(span, title=TITLE), CropPath(*TALL, shots), (span,), "en", said)


def drawn(effects: Iterable[Pizzazz], of: Edit, time: Fraction, ctx: Context) -> Picture:
    """One frame of a clip at a time, as the renderer would make it."""
    chain = tuple(effects)
    for effect in chain:
        of = effect.plan(VIDEO, of, ctx)
    frames = iter([Frame(time, planes=_rendered(of))])
    for effect in chain:
        frames = effect.frames(frames, of, ctx)
    (frame,) = frames
    return frame.rgb


def _rendered(of: Edit) -> tuple[Picture, Picture, Picture]:
    if not of.crop.shots:
        return rgb_to_yuv(scene(*TALL))
    (panel,) = of.crop.shots[0].panels
    source = av.VideoFrame.from_ndarray(scene(*WIDE), format="rgb24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )
    source.colorspace = Colorspace.ITU709
    return Resampler(VIDEO, *TALL).draw(source, [PanelWindow(panel.window(Fraction(0)), panel.into)], fit=True)


def pizzazz(name: str, **options: object) -> Pizzazz:
    made = registry.create("pizzazz", name, options)
    assert isinstance(made, Pizzazz)
    return made


def save(name: str, *pictures: Picture, height: int = 440, part: tuple[float, float] = (0, 1)) -> None:
    """Write pictures side by side as one small JPEG. ``part`` is which rows are shown, as shares of the height."""
    shown = [picture[int(part[0] * len(picture)) : int(part[1] * len(picture))] for picture in pictures]
    scale = height / len(shown[0])
    small = [cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for picture in shown]
    gap = np.full((small[0].shape[0], 12, 3), 255, np.uint8)
    row = [piece for picture in small for piece in (picture, gap)][:-1]
    sheet = cv2.cvtColor(np.hstack(row), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(IMAGES / f"{name}.jpg"), sheet, [cv2.IMWRITE_JPEG_QUALITY, 84])


def logo(path: Path) -> Path:
    """A mark to try the watermark with: a ring and a play sign, with transparency."""
    side, white = 400, (255, 255, 255, 255)
    canvas = np.zeros((side, side, 4), np.uint8)
    cv2.circle(canvas, (200, 200), 180, white, 34, cv2.LINE_AA)
    cv2.fillPoly(canvas, [np.array([[150, 110], [150, 290], [300, 200]], np.int32)], white, cv2.LINE_AA)
    cv2.imwrite(str(path), canvas)
    return path


def draw_captions(ctx: Context) -> None:
    for preset in CAPTION_PRESETS:
        moments = (Fraction(3, 5), Fraction(11, 5)) if preset != "punch" else (Fraction(1), Fraction(7, 5))
        chain = [pizzazz("captions", preset=preset)]
        save(
            f"captions-{preset}",
            *(drawn(chain, edit(said=words(SAID)), time, ctx) for time in moments),
            height=250,
            part=(0.47, 0.72),
        )
    talk = words("So what did they write down? One sentence. Every morning.", ("Ana", "Ben"))
    save(
        "captions-speakers",
        *(drawn([pizzazz("captions", preset="clean")], edit(said=talk), Fraction(time), ctx) for time in (1, 3)),
        height=250,
        part=(0.47, 0.72),
    )
    smart = words("What a damn good idea it was, and it made millions")
    chain = [pizzazz("captions", emoji=True, mask=True)]
    save(
        "captions-emoji-mask",
        *(drawn(chain, edit(said=smart), Fraction(t, 5), ctx) for t in (5, 9)),
        height=250,
        part=(0.42, 0.67),
    )


def draw_pizzazz(ctx: Context, folder: Path) -> None:
    early, middle = Fraction(1), Fraction(5)
    spoken = edit(said=words(SAID))
    styles = ("plate", "dark", "accent", "bold")
    save(
        "title", *(drawn([pizzazz("title", style=style), pizzazz("captions")], spoken, early, ctx) for style in styles)
    )
    save("progress", drawn([pizzazz("captions"), pizzazz("progress")], spoken, middle, ctx))
    mark = {"image": str(logo(folder / "logo.png")), "text": "@yourchannel"}
    save("watermark", drawn([pizzazz("watermark", **mark), pizzazz("captions")], spoken, middle, ctx))
    fit = edit("fit", words(SAID))
    frames: list[dict[str, object]] = [
        {},
        {"backdrop": "gradient"},
        {"backdrop": "color", "color": "#101418", "border": 0},
    ]
    save("frame", *(drawn([pizzazz("frame", **options)], fit, middle, ctx) for options in frames))
    blurs: list[dict[str, object]] = [{}, {"blur": 0.9, "light": 0.35}, {"light": 1.1, "saturation": 0.0}]
    save("blur-background", *(drawn([pizzazz("blur-background", **options)], fit, middle, ctx) for options in blurs))
    kinds = (("fade", "#000000"), ("slide", "#1b1464"), ("wipe", "#ff3b5c"))
    save(
        "transitions",
        *(
            drawn([pizzazz("transitions", intro=kind, color=color)], spoken, Fraction(1, 5), ctx)
            for kind, color in kinds
        ),
    )


def draw_audiogram(ctx: Context, folder: Path) -> None:
    """A podcast without a cover, and one with: sound like speech, two people with names."""
    talk = edit(said=words(SAID, ("Katie", "Steve")))
    made = []
    for cover in (False, True):
        video = probe(_podcast(folder / f"podcast-{cover}.mka", cover=cover), sound_only=True)
        ((_, ground),) = pictures(video, video.span, times=[Fraction(5)])
        of, frames = talk, iter([Frame(Fraction(5), rgb=np.ascontiguousarray(ground))])
        for effect in (pizzazz("waveform"), pizzazz("captions", preset="clean")):
            of = effect.plan(video, of, ctx)
            frames = effect.frames(frames, of, ctx)
        made += [frame.rgb for frame in frames]
    save("waveform", *made)


def draw_translation(ctx: Context) -> None:
    """Captions in German, and below them what was said."""
    german = "Den Unterschied machte ein Satz, den sie auf Papier schrieben."
    said = edit(said=words("What made the difference was one sentence that they wrote on paper."))
    cards = group_into_cards(said.words, CardRules(max_width=38))
    plan = {"kind": "translation", "from": "en", "cards": TypeAdapter(tuple[Card, ...]).dump_python(cards, mode="json")}
    shown = replace(said, words=words(german), language="de", plans={"translate": plan})
    chain = [_Planned(pizzazz("translate")), pizzazz("captions", preset="clean")]
    save("translate", drawn(chain, shown, Fraction(1), ctx))


class _Planned(Pizzazz):
    """Draws what was planned by hand: no model is asked for a picture."""

    def __init__(self, effect: Pizzazz) -> None:
        super().__init__()
        self.effect = effect

    def frames(self, frames: Iterator[Frame], edit: Edit, ctx: Context) -> Iterator[Frame]:
        return self.effect.frames(frames, edit, ctx)


def _podcast(path: Path, *, cover: bool) -> Path:
    rate = 48_000
    times = np.arange(int(LENGTH * rate)) / rate
    syllables = np.abs(np.sin(2 * np.pi * 2.3 * times)) * np.abs(np.sin(2 * np.pi * 0.31 * times)) ** 0.5
    tone = (0.5 * syllables * np.sin(2 * np.pi * 200 * times)).astype(np.float32)
    with av.open(str(path), "w", format="mp4") as out:
        track = out.add_stream("aac", rate=rate)
        image = out.add_stream("mjpeg", rate=1) if cover else None
        if image is not None:
            image.width, image.height, image.pix_fmt = 600, 600, "yuvj420p"
            image.disposition = av.stream.Disposition.attached_pic
        frame = av.AudioFrame.from_ndarray(np.stack([tone, tone]), format="fltp", layout="stereo")
        frame.rate = rate
        if image is not None:
            drawing = cv2.resize(scene(*TALL)[300:1380], (600, 600), interpolation=cv2.INTER_AREA)
            picture = av.VideoFrame.from_ndarray(np.asarray(drawing, np.uint8), format="rgb24")
            out.mux([*image.encode(picture), *image.encode()])
        out.mux([*track.encode(frame), *track.encode(None)])
    return path


def draw_decisions(ctx: Context) -> None:
    """What decides only, or changes the sound: the windows, the cuts and the waveform that come of it."""
    whole = scene(*TALL)
    close = cv2.resize(whole[96:1766, 70:1010], TALL, interpolation=cv2.INTER_AREA)
    chain, spoken = [pizzazz("captions", preset="clean")], edit(said=words(SAID))
    (caption,) = _over(chain, spoken, np.asarray(close, np.uint8), Fraction(9, 5), ctx)
    (plain,) = _over(chain, spoken, whole, Fraction(3, 5), ctx)
    save("zoom", plain, caption)
    loudness = np.abs(np.sin(np.linspace(0, 46, 600)) * np.sin(np.linspace(0, 9, 600))) + 0.04
    pauses = [(110, 190), (330, 370), (450, 540)]
    for first, last in pauses:
        loudness[first:last] = 0.03
    kept = np.concatenate([loudness[a:b] for a, b in ((0, 125), (175, 330), (370, 465), (525, 600))])
    save("tighten", np.vstack([_waveform(loudness, pauses, (226, 60, 80)), _waveform(kept, [], (0, 0, 0))]), height=240)
    beeped = loudness.copy()
    beeped[210:260] = 0.45
    strong = [(210, 260)]
    rows = [_waveform(loudness, strong, (226, 60, 80)), _waveform(beeped, strong, (112, 64, 255))]
    save("censor", np.vstack(rows), height=240)
    under = np.where(loudness > 0.05, 0.1, 0.4)
    soft = np.convolve(np.pad(under, 20, mode="edge"), np.ones(41) / 41, mode="valid")
    rows = [_waveform(loudness, [], (0, 0, 0)), _waveform(soft, [(0, 600)], (112, 64, 255))]
    save("music", np.vstack(rows), height=240)


def _over(effects: Iterable[Pizzazz], of: Edit, picture: Picture, time: Fraction, ctx: Context) -> list[Picture]:
    frames = iter([Frame(time, rgb=picture.copy())])
    for effect in effects:
        of = effect.plan(VIDEO, of, ctx)
        frames = effect.frames(frames, of, ctx)
    return [frame.rgb for frame in frames]


def _waveform(levels: NDArray[np.float64], marked: Sequence[tuple[int, int]], tint: tuple[int, int, int]) -> Picture:
    """Bars of loudness on white, 3000 wide; what is marked is in a colour."""
    canvas = np.full((280, 3000, 3), 255, np.uint8)
    for index, level in enumerate(levels):
        inside = any(first <= index < last for first, last in marked)
        half, x = int(8 + 120 * min(1.0, level)), index * 5
        canvas[140 - half : 140 + half, x : x + 3] = tint if inside else (70, 80, 100)
    return canvas


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        ctx = Context(Store(Path(place) / "store"), Path(place))
        draw_captions(ctx)
        draw_pizzazz(ctx, Path(place))
        draw_audiogram(ctx, Path(place))
        draw_translation(ctx)
        draw_decisions(ctx)


if __name__ == "__main__":
    main()
