"""How many of the sources that people have are read right: subtitle files and files with several sound tracks.

    python benchmark/sources.py [--json]

Subtitle files are a matrix of languages, the encodings that they circulate in, and formats; right are those whose every
letter and time is. Of the recordings those are right of which the tracks in which people speak are listened to.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from clipy.analysis.audio.track_choice import choose  # noqa: E402
from clipy.analysis.audio.track_survey import survey  # noqa: E402
from clipy.analysis.subtitles.encoding import decode  # noqa: E402
from clipy.analysis.subtitles.reader import read  # noqa: E402
from clipy.analysis.subtitles.spoken_text import spoken_text  # noqa: E402
from clipy.errors import MediaError  # noqa: E402
from clipy.media.probe import probe  # noqa: E402
from clipy.types import Span  # noqa: E402
from fixtures.sound_tracks import Recording, make_tracks, recordings  # noqa: E402
from fixtures.subtitle_texts import LANGUAGES, subtitle_files, subtitle_text  # noqa: E402


def measure() -> dict[str, Any]:
    """The figures as JSON."""
    files = list(subtitle_files())
    wrong_files = ["/".join(file) for file in files if not _is_read(*file)]
    kept = list(recordings())
    wrong_tracks = [recording.name for recording in kept if not _is_heard(recording)]
    return {
        "subtitle_files_right": [len(files) - len(wrong_files), len(files)],
        "tracks_right": [len(kept) - len(wrong_tracks), len(kept)],
        "wrong": [*wrong_files, *wrong_tracks],
    }


def _is_read(language: str, encoding: str, kind: str) -> bool:
    sentences = LANGUAGES[language][1]
    try:
        cues = spoken_text(read(decode(subtitle_text(sentences, kind).encode(encoding)).text))
    except MediaError:
        return False
    shown = [(Span(Fraction(3 * n), Fraction(30 * n + 29, 10)), text) for n, text in enumerate(sentences)]
    return [(cue.span, cue.text) for cue in cues] == shown


def _is_heard(recording: Recording) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        video = probe(make_tracks(Path(folder) / "a.mkv", recording.tracks))
        order = sorted(stream.index for stream in video.audio)
        mix = choose(video, survey(video)).speech_mix
        return {order.index(video.audio[one.track].index) for one in mix} == recording.right


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    as_json = parser.parse_args().json
    found = measure()
    if as_json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:22} {value}")


if __name__ == "__main__":
    main()
