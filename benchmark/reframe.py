"""Is the person who speaks in the picture? ``python benchmark/reframe.py --json --media FOLDER``.

For each detector of speakers: shares of frames against every file in FOLDER (or ``CLIPY_TEST_MEDIA``) that has truth
(``composed``, ``truth``), with one window only, and beside them with the layouts that are chosen by default; how well
speaking and silent faces are told apart; delay and false switches on conversations composed at run time, whose
listeners are still or move their lips; smoothness beside the usual filters; seconds of processor time a minute, by
part, with that of decoding once beside. ``edge_cuts``: the share of frames with one window whose left or right edge
runs through the head that it follows, or through a neighbor's face although a shift would avoid that.
``identities``: how many people the tracks were told apart into. ``transition_errors``: gradual transitions composed of
real recordings that are missed or invented. ``tile``: the share of time in which a gallery's window is within the
speaker's tile. ``refused_wrong_face``: clips made on purpose to follow a silent face, and good ones, that the review
refuses. Each detector runs in a process of its own, so that memory is its own; what comes before all of them (cuts,
faces) is done and timed in the first, and loaded by the others. A detector that is not installed, or whose weights are
not here, is reported as null with the reason on standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "src")]

from clipy import probe  # noqa: E402
from clipy.analysis.base import ShotDetector  # noqa: E402
from clipy.analysis.faces.base import FaceDetector  # noqa: E402
from clipy.analysis.faces.tracking.identities import assign_identities  # noqa: E402
from clipy.analysis.faces.tracking.tracks import link  # noqa: E402
from clipy.analysis.people.speaking import appearances  # noqa: E402
from clipy.analysis.perception import face_tracks  # noqa: E402
from clipy.config import load  # noqa: E402
from clipy.context import Context  # noqa: E402
from clipy.errors import ClipyError  # noqa: E402
from clipy.media.read import decode_frames  # noqa: E402
from clipy.pipeline.pipeline import Pipeline  # noqa: E402
from clipy.pipeline.run import context  # noqa: E402
from clipy.stages.reframe.speaker import Speaker  # noqa: E402
from clipy.types import CropPath, CropShot, Highlight, Seconds, Span, Track, Video, seconds  # noqa: E402
from reframing.conversation import Conversation, Listening, drawn  # noqa: E402
from reframing.galleries import tile_share  # noqa: E402
from reframing.identities import identities  # noqa: E402
from reframing.scoring import Tally, scored  # noqa: E402
from reframing.smoothness import baselines  # noqa: E402
from reframing.transitions import transition_errors  # noqa: E402
from reframing.wrong_faces import conversation_truth, refused_wrong_face  # noqa: E402

BACKENDS = {"default": "auto", "lip-sync": "lip-sync", "lr-asd": "lr-asd", "light-asd": "light-asd"}
_TALK: tuple[tuple[str, str, Listening, float], ...] = (
    ("closeup_512_a.mp4", "portrait_man_1080x1920.mp4", "still", 1.0),
    ("portrait_woman_1080x1920.mp4", "closeup_512_a.mp4", "slow", 0.5),
    ("oldman_interview_480x360.mp4", "noisy_restaurant.mp4", "moving", 1.0),
)
_GALLERY = (
    *(
        "portrait_man_1080x1920.mp4",
        "portrait_woman_1080x1920.mp4",
        "closeup_512_a.mp4",
        "oldman_interview_480x360.mp4",
    ),
    *("talker_844.mp4", "talker_vfr22_700.mp4", "syncnet_example_224.avi", "noisy_restaurant.mp4"),
)
_UNCUT = (  # other recordings without a change of shot
    *("crowd_walking_1080p.mp4", "debate_wide_1080p.mp4", "expressions_nospeech.mp4", "chaplin_silent_2people.mp4"),
    *("interview_split_2faces.mp4", "audiobook_manifesto.mp4"),
)
_LENGTH = 25  # seconds of each conversation
_BEFORE = ("decoding once", "shots", "faces")  # parts that are the same for every detector
_ANSWER = 2.0  # seconds within which a cut answers a change of speaker


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    named = os.environ.get("CLIPY_TEST_MEDIA")
    parser.add_argument(
        "--media", type=Path, default=named, help="folder of recordings with truth; CLIPY_TEST_MEDIA unless given"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--only", choices=list(BACKENDS), help="measure one detector")
    parser.add_argument("--files", nargs="*", default=None, help="names of truth files to take, without .json")
    parser.add_argument("--seconds", type=float, default=60, help="how much of each recording is taken, at most")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--compose", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.media is None or not options.media.is_dir():
        raise ClipyError("there is no folder of recordings", where=options.media, do="Name it: --media FOLDER")
    if options.compose:
        _compose(options.media, options.work)
        return 0
    if options.work is not None:
        wanted = list(_labelled(options.media, options.files, seconds(options.seconds)))
        print(json.dumps(measured(BACKENDS[options.only], wanted, options.work)))
        return 0
    with tempfile.TemporaryDirectory(prefix="clipy-benchmark-") as work:
        if options.files is None or "reaction" in options.files:
            # In a process of its own: those started later would inherit the peak of its memory.
            arguments = ["--compose", "--media", str(options.media), "--work", work]
            subprocess.run([sys.executable, __file__, *arguments], check=True)
        names = [options.only] if options.only else list(BACKENDS)
        found = {name: _apart(name, options, Path(work)) for name in names}
        composed = _composed(options.media, Path(work)) if options.files is None or "composed" in options.files else {}
        if options.files is None or "refused_wrong_face" in options.files:
            composed["refused_wrong_face"] = _refused(options.media, Path(work))
    _with_what_comes_before([numbers for numbers in found.values() if numbers is not None])
    print(
        json.dumps({**found, **composed})
        if options.json
        else _table(found) + "".join(f"\n{k}: {v}" for k, v in composed.items())
    )
    return 0


def _composed(media: Path, work: Path) -> dict[str, Any]:
    """What is measured on material that is composed at run time, whichever the detector of speakers is."""
    folder = media / "video"
    os.environ["CLIPY_STORE"] = str(work / "store")
    with context(Pipeline.from_config(load())) as ctx:
        talkers, recordings = (
            [folder / name for name in names if (folder / name).is_file()] for names in (_GALLERY, (*_GALLERY, *_UNCUT))
        )
        return {
            "transition_errors": transition_errors(recordings),
            "tile": tile_share(talkers, work, ctx) if len(talkers) > 1 else None,
        }


def _refused(media: Path, work: Path) -> dict[str, Any]:
    """How many clips that follow a silent face are refused, over everything labelled and conversations."""
    os.environ["CLIPY_STORE"] = str(work / "store")
    labelled = [(video, truth) for video, _, truth in _labelled(media, None, seconds(3600))]
    with context(Pipeline.from_config(load())) as ctx:
        for seed, conversation in _conversations(media):
            path = work / f"turns-{seed}.mp4"
            conversation.write(path)
            video = probe(path)
            labelled.append((video, conversation_truth(conversation, face_tracks(video, video.span, ctx))))
        return refused_wrong_face(labelled, work, ctx)


def _apart(name: str, options: argparse.Namespace, work: Path) -> dict[str, Any] | None:
    command = [sys.executable, __file__, "--only", name, "--media", str(options.media), "--work", str(work)]
    command += ["--seconds", str(options.seconds)]
    command += ["--files", *options.files] if options.files is not None else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(f"{name}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'failed'}\n")
        return None
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def _with_what_comes_before(found: Sequence[dict[str, Any]]) -> None:
    """Give every detector the seconds of what only the first did, and the sum of its parts."""
    for numbers in found:
        parts = numbers["seconds_per_minute_by_part"]
        parts.update({part: found[0]["seconds_per_minute_by_part"][part] for part in _BEFORE if part in parts})
        numbers["seconds_per_minute"] = round(sum(v for part, v in parts.items() if part != "decoding once"), 1)


def measured(backend: str, wanted: Sequence[tuple[Video, Span, dict[str, Any]]], work: Path) -> dict[str, Any]:
    """Everything about one detector, on spans of videos with their truth; ``work`` holds the store and the
    conversations. Raises ClipyError when it cannot run.
    """
    whole, chosen, by_video = Tally(), Tally(), {}
    spent: dict[str, float] = {}
    smooth: dict[str, Any] = {}
    os.environ["CLIPY_STORE"] = str(work / "store")
    with context(Pipeline.from_config(load(sets=[f"speakers.backend={backend}"]))) as ctx:
        for video, span, truth in wanted:
            crop, tracks = _framed(video, span, ctx, spent)
            tally = scored(crop, truth, tracks)
            automatic = Speaker(Speaker.Options()).reframe(video, Highlight(span), ctx)
            beside = scored(automatic, truth, tracks)
            named = assign_identities(tracks, appearances(video, tracks, ctx)) if tracks else []
            told = {"identities": identities(named, truth)}
            by_video[video.path.stem] = {**tally.numbers(), **told, "auto": _framing(beside)}
            smooth[video.path.stem] = baselines(crop, tracks, video.height)
            whole.add(tally)
            chosen.add(beside)
        reaction, false = _reactions(work, ctx)
    if not by_video and reaction is None:
        raise ClipyError("there is nothing to measure", do="Name a folder of videos with truth: --media")
    minutes = max(1e-9, whole.minutes)
    parts = {part: round(value / minutes, 1) for part, value in spent.items()}
    return {
        **whole.numbers(),
        "auto": _framing(chosen),
        "reaction_s": reaction,
        "false_switches_per_minute": false,
        "seconds_per_minute": None,
        "seconds_per_minute_by_part": parts,
        "peak_mb": round(
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * (1024 if sys.platform == "darwin" else 1))
        ),
        "accel_baselines": smooth,
        "videos": by_video,
    }


def _framing(tally: Tally) -> dict[str, float | None]:
    """What the layouts that are chosen by default show."""
    return {name: tally.numbers()[name] for name in ("on_speaker", "contested", "empty", "wrong_person")}


def _labelled(
    media: Path, files: Sequence[str] | None, longest: Seconds
) -> Iterator[tuple[Video, Span, dict[str, Any]]]:
    """Each video that has truth, the span of it that is taken, and the truth of that span."""
    for file in [*sorted((media / "composed").glob("*.json")), *sorted((media / "truth").glob("*.json"))]:
        if files is not None and file.stem not in files:
            continue
        truth = json.loads(file.read_text(encoding="utf-8"))
        folder = file.parent if file.parent.name == "composed" else media / "video"
        videos = [path for path in folder.glob(f"{file.stem}.*") if path.suffix != ".json"]
        if truth.get("frames") and videos:
            video = probe(videos[0])
            span = Span(Fraction(0), min(video.duration, longest))
            yield video, span, {**truth, "frames": [one for one in truth["frames"] if seconds(one["time"]) in span]}


def _framed(video: Video, span: Span, ctx: Context, spent: dict[str, float]) -> tuple[CropPath, list[Track]]:
    """One window over a span of a video as the product makes it; processor seconds of each part are added up."""
    speaker = Speaker(Speaker.Options(layout="single"))

    def timed(part: str, start: float) -> None:
        spent[part] = spent.get(part, 0.0) + time.process_time() - start

    begin = time.process_time()
    for _ in decode_frames(video, span):
        pass
    timed("decoding once", begin)
    begin = time.process_time()
    shots = ctx.cached(ctx.analyser(ShotDetector).detect, video, span)
    timed("shots", begin)
    begin = time.process_time()
    seen = ctx.cached(ctx.analyser(FaceDetector).detect_in_video, video, shots)
    timed("faces", begin)
    begin = time.process_time()
    link(shots, seen)
    timed("tracks", begin)
    begin = time.process_time()
    tracks = speaker.followed(video, Highlight(span), ctx)
    timed("speakers", begin)
    begin = time.process_time()
    crop = speaker.reframe(video, Highlight(span), ctx)
    timed("path", begin)
    return crop, tracks


def _compose(media: Path, work: Path) -> None:
    """Write the conversations, and when their speakers change."""
    for seed, conversation in _conversations(media):
        conversation.write(work / f"conversation-{seed}.mp4")
        (work / f"conversation-{seed}.json").write_text(json.dumps(conversation.changes), encoding="utf-8")


def _conversations(media: Path) -> Iterator[tuple[int, Conversation]]:
    """Those whose talkers are there, each with its number."""
    for seed, (left, right, listening, zoom) in enumerate(_TALK):
        talkers = [media / "video" / name for name in (left, right)]
        if all(talker.is_file() for talker in talkers):
            yield seed, drawn(talkers, seed, listening=listening, zoom=zoom, seconds=_LENGTH)


def _reactions(work: Path, ctx: Context) -> tuple[float | None, float | None]:
    """Median delay from a change of speaker to the cut, and cuts a minute that answer none, on composed videos."""
    delays: list[float] = []
    false, minutes = 0, 0.0
    for path in sorted(work.glob("conversation-*.mp4")):
        video, changes = probe(path), json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        crop, _ = _framed(video, video.span, ctx, {})
        cuts = [float(after.span.start) for before, after in pairwise(crop.shots) if _turns_away(before, after)]
        answered = set()
        for change in changes:
            near = [cut for cut in cuts if -0.5 <= cut - change <= _ANSWER and cut not in answered]
            delays.append(abs(near[0] - change) if near else float("inf"))
            answered.update(near[:1])
        false += len(cuts) - len(answered)
        minutes += float(video.duration / Fraction(60))
    if not delays:
        return None, None
    median = statistics.median(delays)
    return (round(median, 2) if median != float("inf") else None), round(false / minutes, 2)


def _turns_away(before: CropShot, after: CropShot) -> bool:
    """Whether the window is elsewhere after a cut, rather than where it was."""
    left, right = before.panels[0].window(after.span.start), after.panels[0].window(after.span.start)
    return abs(left.center[0] - right.center[0]) > 0.2 * right.width


def _table(found: dict[str, dict[str, Any] | None]) -> str:
    names = (
        *(
            "on_speaker",
            "contested",
            "empty",
            "wrong_person",
            "edge_cuts",
            "average_precision",
            "balanced_accuracy",
            "reaction_s",
        ),
        *("reaction_s", "switches_per_minute", "accel_rms", "seconds_per_minute", "peak_mb"),
    )
    lines = ["".join(f"{title:>20}" for title in ("", *found))]
    for name in names:
        cells = [
            "-" if numbers is None or numbers[name] is None else f"{numbers[name]:g}" for numbers in found.values()
        ]
        lines.append("".join(f"{cell:>20}" for cell in (name, *cells)))
    return "\n".join(lines)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ClipyError as error:
        sys.exit(str(error))
