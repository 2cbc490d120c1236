from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from clipy.media.color import to_bt709, yuv_planes
from clipy.media.frame import yuv_to_rgb
from clipy.media.probe import probe
from clipy.media.read import decode_frames
from clipy.media.resample import Resampler
from clipy.media.tone_mapping import SDR_WHITE, ColorVolume, eetf, hlg_light, pq_code, pq_light, to_bt709_rgb
from clipy.types import Box

Floats = NDArray[np.float64]
Planes = tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16]]

PQ, HLG, BT2020, BT709, P3 = 16, 18, 9, 1, 12


def _codes(rgb: Floats) -> NDArray[np.uint16]:
    """R'G'B' (..., 3) in 0..1 as 10 bit codes of BT.2020, limited range (BT.2100, tables 6 and 9)."""
    luma = rgb @ np.array([0.2627, 0.6780, 0.0593])
    blue, red = (rgb[..., 2] - luma) / 1.8814, (rgb[..., 0] - luma) / 1.4746
    codes = np.stack([876 * luma + 64, 896 * blue + 512, 896 * red + 512], axis=-1)
    return np.asarray(np.rint(codes), dtype=np.uint16)


def _picture(rgb: Floats, curve: int, primaries: int = BT2020) -> av.VideoFrame:
    """A decoded 10 bit picture; ``rgb`` is (h, w, 3) with even sides, its colours in blocks of 2 x 2."""
    codes = _codes(rgb)
    frame = av.VideoFrame(rgb.shape[1], rgb.shape[0], "yuv420p10le")
    for plane, values in zip(frame.planes, (codes[..., 0], codes[::2, ::2, 1], codes[::2, ::2, 2]), strict=True):
        rows = np.frombuffer(plane, dtype=np.uint16).reshape(plane.height, -1)  # type: ignore[call-overload]
        rows[:, : values.shape[1]] = values
    frame.colorspace, frame.color_trc, frame.color_primaries = BT2020, curve, primaries
    frame.color_range = ColorRange.MPEG
    return frame


def _ramp(signal: Floats) -> Floats:
    """A grey ramp, 16 x 2n."""
    return np.broadcast_to(np.repeat(signal, 2)[None, :, None], (16, 2 * len(signal), 3))


def test_pq_matches_st_2084() -> None:
    # BT.2408, table 1: nominal levels of PQ production.
    for level, percent in ((26, 38), (162, 56), (203, 58), (1000, 75)):
        assert float(pq_code(np.array(float(level)))) * 100 == pytest.approx(percent, abs=0.5)
    assert float(pq_light(np.array(1.0))) == pytest.approx(10_000)
    codes = np.linspace(0, 1, 101)
    assert np.abs(pq_code(pq_light(codes)) - codes).max() < 1e-6


def test_hlg_matches_bt_2100() -> None:
    grey = np.repeat(np.array([[0.38], [0.75], [1.0]]), 3, axis=1)
    assert hlg_light(grey)[:, 0] == pytest.approx([26, 203, 1000], rel=0.02)


def test_tone_curve_keeps_shadows_and_rolls_off_highlights() -> None:
    dark = np.linspace(0, 85, 50)
    assert eetf(dark, 1000) == pytest.approx(dark, abs=1e-6)
    bright = eetf(np.geomspace(90, 4000, 200), 4000)
    assert np.all(np.diff(bright) > 0)
    assert bright[-1] == pytest.approx(SDR_WHITE)
    assert eetf(np.array([5000.0]), 1000)[0] == pytest.approx(SDR_WHITE)  # brighter than promised
    assert eetf(np.array([120.0, 400.0]), 150).tolist() == [120.0, SDR_WHITE]  # no brighter than the screen


@pytest.mark.parametrize(("curve", "light"), [(PQ, pq_light), (HLG, None)])
def test_a_gray_ramp_stays_gray(curve: int, light: Callable[[Floats], Floats] | None) -> None:
    signal = np.linspace(0, 0.75 if curve == PQ else 1.0, 300)
    y, u, v = to_bt709(*yuv_planes(_picture(_ramp(signal), curve)))
    luma = y[8, ::2].astype(int)
    assert (luma[0], luma[-1]) == (16, 235)
    assert np.all(np.diff(luma) >= 0)
    assert np.diff(luma).max() <= 3
    assert np.abs(u.astype(int) - 128).max() <= 1
    assert np.abs(v.astype(int) - 128).max() <= 1
    if light is not None:  # what the curve leaves alone has the very light that was graded
        level = light(signal)
        below = (level < 85) & (level > 0.05)
        shown = ((luma - 16) / 219) ** 2.4 * SDR_WHITE
        assert np.abs(luma - (16 + 219 * (level / SDR_WHITE) ** (1 / 2.4)))[below].max() <= 1.5
        assert shown[below] == pytest.approx(level[below], rel=0.2, abs=0.3)


def test_bt709_colors_in_hdr_are_preserved() -> None:
    rgb709 = np.array([[0.6, 0.1, 0.1], [0.1, 0.5, 0.1], [0.1, 0.15, 0.6], [0.5, 0.4, 0.3], [0.2, 0.6, 0.6]])
    to_2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])  # BT.2087
    signal = pq_code((rgb709**2.4) @ to_2020.T * SDR_WHITE)
    picture = np.repeat(np.repeat(signal[None], 16, axis=0), 16, axis=1)
    y, u, v = to_bt709(*yuv_planes(_picture(picture, PQ)))
    found = yuv_to_rgb(y, u, v)[8, 8::16] / 255
    assert np.abs(found - rgb709).max() < 0.03


def test_out_of_gamut_colors_are_desaturated_at_the_same_hue() -> None:
    red_2020 = to_bt709_rgb(pq_code(np.array([[60.0, 0, 0]])), ColorVolume("PQ", BT2020))[0]
    assert red_2020[0] > 0.5
    assert red_2020[0] > 3 * max(red_2020[1], red_2020[2])
    assert np.all((red_2020 >= 0) & (red_2020 <= 1))
    lamp = to_bt709_rgb(pq_code(np.array([[1000.0, 500.0, 100.0]])), ColorVolume("PQ", BT709))[0]
    assert lamp[0] > lamp[1] > lamp[2]  # the hue stays where channels clipped one by one would go yellow


def test_wide_gamut_sdr_is_converted_to_bt709() -> None:
    codes = np.array([[0.5, 0.5, 0.5], [0.9, 0.2, 0.2]])
    grey, red = to_bt709_rgb(codes, ColorVolume("SDR", P3))
    assert grey == pytest.approx([0.5, 0.5, 0.5], abs=1e-3)
    assert red[0] > 0.93  # the same red needs more of a narrower gamut's
    y, _, _ = to_bt709(*yuv_planes(_picture(np.full((16, 16, 3), 0.5), 1, P3)))
    assert int(y[8, 8]) == pytest.approx(16 + 219 / 2, abs=1.5)


def test_hdr_file_is_rendered_as_bt709(tmp_path: Path) -> None:
    level = np.geomspace(1, 1000, 80)
    path = tmp_path / "hdr.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=Fraction(25), options={"preset": "ultrafast", "crf": "4"})
        video.width, video.height, video.pix_fmt = 160, 90, "yuv420p10le"
        codec = video.codec_context
        codec.colorspace, codec.color_trc, codec.color_primaries, codec.color_range = BT2020, PQ, BT2020, 1
        ramp = np.broadcast_to(_ramp(pq_code(level))[:1], (90, 160, 3))
        for index in range(3):
            frame = _picture(ramp, PQ)
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    source = probe(path)
    picture = next(decode_frames(source, source.span))[1]
    for size in ((160, 90), (320, 180), (80, 44)):  # converted before or after, whichever has fewer pixels
        y, u, v = Resampler(source, *size).cut(picture, Box(0, 0, 160, 90), *size)
        assert y.dtype == u.dtype == v.dtype == np.uint8
        middle = y[size[1] // 2].astype(int)
        expected = 16 + 219 * (eetf(level, 1000) / SDR_WHITE) ** (1 / 2.4)
        at = (np.arange(80) * 2 + 1) * size[0] // 160
        assert np.abs(middle[at.clip(0, size[0] - 1)] - expected)[2:-2].mean() < 2.5


_SCREEN = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(20000000,1)"


@pytest.mark.parametrize(("told", "peak"), [("max-cll=3500,400", 4000), (_SCREEN, 2000), ("", 1000)])
def test_peak_luminance_comes_from_metadata(tmp_path: Path, told: str, peak: int) -> None:
    if "libx265" not in av.codecs_available:
        pytest.skip("needs libx265 to write HDR10 metadata")
    path = tmp_path / "hdr.mp4"
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "x265-params": f"log-level=none:hdr10=1:{told}".rstrip(":")}
        video = container.add_stream("libx265", rate=Fraction(25), options=options)
        video.width, video.height, video.pix_fmt = 160, 96, "yuv420p10le"
        codec = video.codec_context
        codec.colorspace, codec.color_trc, codec.color_primaries, codec.color_range = BT2020, PQ, BT2020, 1
        for index in range(3):
            frame = _picture(np.full((96, 160, 3), 0.4), PQ)
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    source = probe(path)
    lights = {yuv_planes(frame)[1].light for _, frame in decode_frames(source, source.span)}
    assert lights == {ColorVolume("PQ", BT2020, peak)}
