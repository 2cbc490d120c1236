"""Chat replays and info.json beside a video: each downloader's form, what they say of a stretch, what is refused."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clipy import probe
from clipy.analysis.base import Transcriber
from clipy.context import Context
from clipy.errors import ClipyError, DocumentError
from clipy.stages.base import Highlighter
from clipy.stages.highlight.local import Local
from clipy.stages.highlight.selection.features import CALIBRATION
from clipy.stages.highlight.sidecars.beside import PRIORS, ReadsSidecars, Sidecars
from clipy.stages.highlight.sidecars.chat import bursts, message_counts
from clipy.stages.highlight.sidecars.json_items import json_items
from clipy.stages.highlight.sidecars.video_info import VideoInfo, read_info, replayed
from clipy.stages.highlight.signals import Signals
from clipy.types import Span, Video
from fixtures.media import make_video
from tests.unit.test_local import AGAIN, hearing, when
from tests.unit.test_picking import DULL, TOLD

TIMES = (0.5, 12.25, 12.75, 61)


def yt_dlp(times: Sequence[float]) -> str:
    """JSON lines of replayed actions: messages, and between them tickers and banners that are none."""

    def line(time: float, action: str) -> str:
        actions = [{"clickTrackingParams": "x"}, {action: {"item": {"liveChatTextMessageRenderer": {"id": "é"}}}}]
        return json.dumps(
            {"replayChatItemAction": {"actions": actions, "videoOffsetTimeMsec": str(round(time * 1000))}},
            ensure_ascii=False,
        )

    banner = json.dumps({"addBannerToLiveChatCommand": {"bannerRenderer": {}}})
    written = [line(time, "addChatItemAction") for time in times]
    return "\n".join([banner, *written, line(3, "addLiveChatTickerItemAction"), ""])


def chat_downloader(times: Sequence[float]) -> str:
    return json.dumps([{"message": "ha", "time_in_seconds": time, "message_type": "text_message"} for time in times])


def chat_downloader_lines(times: Sequence[float]) -> str:
    return "\n".join(json.dumps({"message": "[]}", "time_in_seconds": time}) for time in times)


def twitch_downloader(times: Sequence[float]) -> str:
    comments = [{"content_offset_seconds": time, "message": {"body": '"comments": ['}} for time in times]
    head = {"FileInfo": {"Version": {"Major": 1}}, "streamer": {"name": "a", "id": 1}, "video": {"start": 0}}
    return json.dumps({**head, "comments": comments, "embeddedData": {"firstParty": ["x" * 1000]}}, indent=1)


FORMS = [yt_dlp, chat_downloader, chat_downloader_lines, twitch_downloader]


@pytest.mark.parametrize("form", FORMS)
def test_each_downloaders_messages_are_counted_by_second(form: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.live_chat.json"
    path.write_text(form([*TIMES, -4, 1e9]), encoding="utf-8")
    counts = message_counts(path, 61.5)
    assert len(counts) == 62
    assert {second: counts[second] for second in np.flatnonzero(counts)} == {0: 1, 12: 2, 61: 1}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[1, 2, 3]", "no chat message with a time"),
        (b'[{"message": "when?"}]', "no chat message with a time"),
        (b'[{"time_in_seconds": true}, {"time_in_seconds": NaN}]', "no chat message with a time"),
        (b'[{"time_in_seconds": 1}', "not valid JSON"),
        (b'[{"time_in_seconds": 1} {"time_in_seconds": 2}]', "not valid JSON"),
        (b"<html></html>", "not valid JSON"),
        (b"\xff\xfe[]", "not valid JSON"),
        (b"[" * 200_000, "not valid JSON"),
        (b'{"a": ' * 200_000, "not valid JSON"),
        (b'{"comments" [1]}', "not valid JSON"),
    ],
)
def test_what_is_no_chat_is_refused_in_one_line(content: bytes, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "a.chat.json"
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=problem) as found:
        message_counts(path, 60)
    assert "\n" not in str(found.value)
    assert str(path) in str(found.value)


def test_a_large_chat_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a_chat.json"
    message = json.dumps({"time_in_seconds": 7.5, "message": "x" * 500})
    path.write_text("[" + ",\n".join([message] * 20_000) + "]")
    assert path.stat().st_size > 10_000_000
    tracemalloc.start()
    try:
        assert message_counts(path, 10)[7] == 20_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_numbers_and_texts_that_lie_across_the_edge_of_what_was_read_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    values = [123456789, "…" * 30_000, {"n": 5}, 65_536_000]
    path.write_text(" " * 65_530 + json.dumps(values, ensure_ascii=False), encoding="utf-8")
    assert list(json_items(path, "comments")) == values


def test_a_burst_is_measured_against_what_is_usual_there_and_moved_to_what_it_is_about() -> None:
    counts = np.full(1200, 2)
    counts[600:] = 20  # a busier half
    counts[110:120] += 20
    found = bursts(counts)
    assert found.max() == found[100:112].max() == 1.0
    assert found[:90].max() == 0
    assert found[900:1150].max() < 0.2, "a busy chat is no burst"
    assert bursts(np.eye(1, 300, 50, dtype=np.int64)[0]).max() < 0.4, "one message in a quiet chat is none"


def test_most_replayed_is_ranked_and_the_opening_counts_as_the_median() -> None:
    info = VideoInfo.model_validate(
        {"heatmap": [{"start_time": 10 * n, "end_time": 10 * n + 10, "value": v} for n, v in enumerate(HEAT)]}
    )
    found = replayed(info.heatmap or [], 100)
    assert found is not None
    assert found[45] == found.max() > 0.9
    assert found[0] < found[45]
    assert found[95] == found.min()
    assert replayed([], 100) is None
    assert replayed((info.heatmap or [])[:1], 100) is None


HEAT = (0.4, 0.3, 0.3, 0.5, 1.0, 0.5, 0.3, 0.2, 0.2, 0.1)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[]", "the document"),
        ('{"heatmap": 3}', "heatmap"),
        ('{"heatmap": [{"start_time": 0, "end_time": 1, "value": NaN}]}', "heatmap.0.value"),
        ('{"chapters": [{"title": "no time"}]}', "chapters.0.start_time"),
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
    ],
)
def test_what_is_no_info_is_refused_in_one_line(content: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "a.info.json"
    path.write_text(content)
    with pytest.raises(DocumentError, match=problem) as found:
        read_info(path)
    assert "\n" not in str(found.value)


def test_nothing_of_an_info_is_required_and_links_are_no_promise(tmp_path: Path) -> None:
    path = tmp_path / "a.info.json"
    path.write_text(json.dumps({"title": None, "chapters": None, "heatmap": None, "formats": [{"url": "x"}]}))
    assert read_info(path).promise == ""
    described = {"title": "How to fail", "description": "With #startups at https://x.example/a\n\nSponsors: …"}
    assert VideoInfo.model_validate(described).promise == "How to fail. With at"


def test_a_stretch_in_one_chapter_is_not_moved_and_one_across_a_border_is() -> None:
    one = Sidecars(borders=(60.0,)).moves()["one chapter"]
    assert one(Span(Fraction(61), Fraction(91))) == one(Span(Fraction(30), Fraction(62))) == 0
    assert one(Span(Fraction(40), Fraction(80))) == -PRIORS["one chapter"] / 2


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("sidecars") / "talk.mp4", seconds=130, size=(64, 64), rate=2)


@pytest.fixture
def video(recording: Path) -> Iterator[Video]:
    """A video beside which a test may write."""
    before = set(recording.parent.iterdir())
    yield probe(recording)
    for path in set(recording.parent.iterdir()) - before:
        path.unlink()


def beside(video: Video, ending: str, content: str) -> Path:
    path = video.path.with_name(f"{video.path.stem}{ending}")
    path.write_text(content, encoding="utf-8")
    return path


SHORT: dict[str, Any] = {"count": 1, "min_duration": 10, "max_duration": 20}


def test_local_picks_what_viewers_wrote_about_and_says_so(video: Video, ctx: Context) -> None:
    ctx = hearing(ctx, *DULL, *TOLD, *DULL[::-1], *AGAIN, *DULL)
    at = float(when(ctx.analyser(Transcriber).transcribe(video, ctx), AGAIN[0]))
    local = Local(Local.Options(**SHORT))
    alone = local.highlight(video, ctx)[0]
    assert "chat" not in alone.details
    steady = list(np.arange(0, 130, 2.0))
    beside(video, ".live_chat.json", yt_dlp([*steady, *(at + 14 + 0.1 * n for n in range(60))]))
    found = local.highlight(video, ctx)[0]
    assert found.span.start <= at + 6 <= found.span.end
    assert found.details["chat"] > 0.5
    assert Local(Local.Options(**SHORT, sidecars=False)).highlight(video, ctx)[0] == alone


def test_the_score_is_what_its_parts_add_up_to(video: Video, ctx: Context) -> None:
    """With a graph beside the video every score moves by exactly what is shown of it."""
    ctx = hearing(ctx, *DULL, *TOLD, *DULL[::-1], *AGAIN, *DULL)
    local = Local(Local.Options(**{**SHORT, "count": 1}))
    before = local.highlight(video, ctx)[0]
    heat = [{"start_time": 13 * n, "end_time": 13 * n + 13, "value": v} for n, v in enumerate(HEAT)]
    beside(video, ".info.json", json.dumps({"heatmap": heat, "title": ""}))
    after = next(pick for pick in local.highlight(video, ctx) if pick.span == before.span)
    added = _log_odds(after.details["most replayed"])
    assert added != 0
    assert _log_odds(after.score) == pytest.approx(_log_odds(before.score) + CALIBRATION[1] * added, abs=0.02)


def _log_odds(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


def test_the_title_beside_a_video_counts_a_little(video: Video, ctx: Context) -> None:
    ctx = hearing(ctx, *DULL, *TOLD, *DULL[::-1], *AGAIN, *DULL)
    beside(video, ".info.json", json.dumps({"title": "Her father left the family and came back"}))
    found = Local(Local.Options(**SHORT)).highlight(video, ctx)[0]
    assert 0.5 < found.details["promised"] < 0.75


def test_signals_follow_the_chat_too(video: Video, ctx: Context) -> None:
    options = Signals.Options(**SHORT, faces=False)
    steady = list(np.arange(0, 130, 2.0))
    path = beside(video, "_chat.json", chat_downloader([*steady, *(80 + 0.1 * n for n in range(60))]))
    found = Signals(options).highlight(video, ctx)[0]
    assert found.span.overlap(Span(Fraction(62), Fraction(80))) > 0
    assert found.details["chat"] == 1.0
    assert "viewers wrote much" in found.reason
    path.unlink()
    assert "chat" not in Signals(options).highlight(video, ctx)[0].details


@pytest.mark.parametrize("kind", [Local, Signals])
def test_the_contents_count_in_the_key_and_the_path_does_not(
    kind: type[ReadsSidecars], video: Video, ctx: Context, tmp_path: Path
) -> None:
    alone = kind().sidecar_digests(video.path)
    assert alone == ()
    path = beside(video, ".chat.json", chat_downloader(TIMES))
    first = kind().sidecar_digests(video.path)
    path.write_text(chat_downloader([1.0]))
    assert len({alone, first, kind().sidecar_digests(video.path)}) == 3
    assert kind(kind.Options(sidecars=False)).sidecar_digests(video.path) == ()
    given = [tmp_path / "one.json", tmp_path / "two.json"]
    for copy in given:
        copy.write_text(chat_downloader(TIMES))
    one, two = (kind(kind.Options(chat=copy)) for copy in given)
    assert one.identity() == two.identity() != kind().identity()
    assert one.sidecar_digests(video.path) == ()
    with pytest.raises(DocumentError, match="no such file"):
        kind(kind.Options(chat=tmp_path / "none.json")).identity()


def test_a_file_beside_a_video_that_is_not_what_its_name_says_stops_the_run_in_one_line(
    video: Video, ctx: Context
) -> None:
    beside(video, ".live_chat.json", "<html>429</html>")
    for highlighter in (Local(Local.Options(**SHORT)), Signals()):
        with pytest.raises(ClipyError, match=r"talk\.live_chat\.json") as found:
            _picked(highlighter, video, hearing(ctx, *DULL))
        assert "\n" not in str(found.value)


def _picked(highlighter: Highlighter, video: Video, ctx: Context) -> None:
    ctx.cached(highlighter.highlight, video)
