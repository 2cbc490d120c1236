from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from clipy.errors import OutputError, RenderError
from clipy.media.aac import SAMPLE_RATE, encode_aac
from clipy.media.color import yuv_planes
from clipy.media.encoding import Encoding
from clipy.media.frame import black_planes
from clipy.media.probe import probe
from clipy.media.read import decode_frames, sound_array
from clipy.media.write import Mp4Writer

SIZE = (90, 160)
FAST = Encoding(options={"preset": "veryfast"})


def _write(path: Path, rate: Fraction, count: int, preset: str = "ultrafast") -> None:
    total = round(count / rate * SAMPLE_RATE)
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(total) / SAMPLE_RATE)
    samples = np.stack([wave, wave]).astype(np.float32)
    with Mp4Writer(path, *SIZE, rate, Encoding(options={"preset": preset, "profile": "high"})) as writer:
        for index in range(count):
            planes = black_planes(*SIZE)
            planes[0][:] = 16 + 2 * index
            writer.write_frame(planes)
        for packet in encode_aac([samples]):
            writer.write_audio(packet)


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(60)])
def test_frames_times_and_lengths_are_exact(tmp_path: Path, rate: Fraction) -> None:
    path = tmp_path / "clip.mp4"
    _write(path, rate, 50)
    video = probe(path)
    assert video.start == 0
    assert video.frame_rate == rate
    assert float(video.duration) == pytest.approx(float(50 / rate), abs=2e-6)
    frames = list(decode_frames(video, video.span))
    assert [time for time, _ in frames] == [index / rate for index in range(50)]
    for index, (_, frame) in enumerate(frames):
        assert np.frombuffer(frame.planes[0], dtype=np.uint8)[0] == pytest.approx(16 + 2 * index, abs=2)  # type: ignore[call-overload]
    with av.open(str(path)) as container:
        audio, picture = container.streams.audio[0], container.streams.video[0]
        assert audio.start_time == picture.start_time == 0
        assert audio.duration is not None
        assert audio.time_base is not None
        assert float(audio.duration * audio.time_base) == pytest.approx(float(50 / rate), abs=0.002)


def test_sound_keeps_its_position(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    _write(path, Fraction(25), 50)
    video = probe(path)
    samples = sound_array(video, video.span, rate=SAMPLE_RATE, channels=2)
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(samples.shape[1]) / SAMPLE_RATE)
    assert np.abs(samples[:, 4000:-4000] - wave[4000:-4000]).max() < 0.03


def test_file_has_colour_tags_and_faststart(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    _write(path, Fraction(25), 110, "veryfast")
    with av.open(str(path)) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.name, codec.pix_fmt, codec.profile) == ("h264", "yuv420p", "High")
        assert (codec.colorspace, codec.color_primaries, codec.color_trc, codec.color_range) == (1, 1, 1, 1)
        assert container.streams.audio[0].codec_context.sample_rate == SAMPLE_RATE
        keys = [float(packet.pts * packet.time_base) for packet in container.demux(video=0) if packet.is_keyframe]  # type: ignore[operator]
    assert keys == [0, 2, 4]
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert b"sliced_threads=0" in data  # PyAV's default would cut every picture into slices


def test_late_sound_is_interleaved(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with Mp4Writer(path, *SIZE, Fraction(25), FAST) as writer:
        for _ in range(20 * 25):
            writer.write_frame(black_planes(*SIZE))
        for sound in encode_aac(np.zeros((2, SAMPLE_RATE), dtype=np.float32) for _ in range(20)):
            writer.write_audio(sound)
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux() if packet.pos is not None and packet.dts is not None]
        packets.sort(key=lambda packet: packet.pos or 0)
        reached = {"video": 0.0, "audio": 0.0}
        apart = 0.0
        for packet in packets:
            reached[packet.stream.type] = float(packet.dts * packet.time_base)  # type: ignore[operator]
            apart = max(apart, abs(reached["video"] - reached["audio"]))
    assert apart < 2


def test_nv12_encoders(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    encoding = Encoding(options={"preset": "ultrafast"}, pixel_format="nv12", bit_rate=400_000)
    with Mp4Writer(path, 64, 48, Fraction(25), encoding) as writer:
        for _ in range(5):
            y, u, v = black_planes(64, 48)
            y[:], u[:], v[:] = 120, 90, 200
            writer.write_frame((y, u, v))
    (_, frame), *_ = decode_frames(probe(path), probe(path).span)
    assert [plane[5, 5] for plane in yuv_planes(frame)[0]] == pytest.approx([120, 90, 200], abs=3)


def test_unavailable_encoders_give_the_reason() -> None:
    assert FAST.unavailable_reason() == ""
    assert "built without h264_imaginary" in Encoding("h264_imaginary").unavailable_reason()
    assert Encoding(options={"preset": "no such preset"}).unavailable_reason()


def _spoilt(path: Path, error: BaseException) -> None:
    with Mp4Writer(path, *SIZE, Fraction(25), FAST) as writer:
        writer.write_frame(black_planes(*SIZE))
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), RenderError("no")])
def test_failed_clip_leaves_no_file(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "clip.mp4"
    with pytest.raises(type(error)):
        _spoilt(path, error)
    assert not path.exists()


def test_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    with Mp4Writer(tmp_path / "clip.mp4", *SIZE, Fraction(25), FAST) as writer:
        writer.write_frame(black_planes(*SIZE))
        with pytest.raises(RenderError, match="64x64"):
            writer.write_frame(black_planes(64, 64))


def test_unencodable_size_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="cannot encode"):
        Mp4Writer(tmp_path / "clip.mp4", 91, 161, Fraction(25), FAST)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_reported_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write the clip"):
        Mp4Writer(tmp_path / "none" / "clip.mp4", *SIZE, Fraction(25), FAST)


def _write_noise(path: Path) -> None:
    noise = np.random.default_rng(0)
    with Mp4Writer(path, *SIZE, Fraction(25), FAST) as writer:
        for _ in range(100):
            planes = black_planes(*SIZE)
            planes[0][:] = noise.integers(0, 255, planes[0].shape)
            writer.write_frame(planes)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_reported_in_one_line() -> None:
    with pytest.raises(OutputError, match="disk is full"):
        _write_noise(Path("/dev/full"))
    assert Path("/dev/full").exists()
