"""The documents that people and other tools read and write."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clipy import documents
from clipy.errors import ClipyError, DocumentError
from clipy.types import Box, CropPath, CropShot, Highlight, Keyframe, Panel, Span, Video

VIDEO = Video("f", Fraction(60), Fraction(25), 640, 360, 640, 360, 0, Fraction(0), path=Path("talk.mp4"))


def write(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document))
    return path


def test_highlights_survive_a_round_trip(tmp_path: Path) -> None:
    found = [Highlight(Span(Fraction(5, 2), Fraction(20)), 0.7, "Title", "because")]
    path = write(tmp_path / "h.json", documents.highlights(VIDEO, found))
    assert documents.read_highlights(path, VIDEO) == found


def test_a_handwritten_list_needs_only_start_and_end(tmp_path: Path) -> None:
    path = write(tmp_path / "h.json", [{"start": 12.0, "end": 40.5, "title": "By hand"}, {"start": 1, "end": 2}])
    first, second = documents.read_highlights(path, VIDEO)
    assert (first.span, first.title) == (Span(Fraction(12), Fraction(81, 2)), "By hand")
    assert second.title == ""


def test_crops_survive_a_round_trip(tmp_path: Path) -> None:
    panel = Panel(
        (Keyframe(Fraction(0), Box(0, 0, 202.5, 360)), Keyframe(Fraction(1), Box(9, 0, 211.5, 360))), (0, 0, 1080, 1920)
    )
    path = CropPath(1080, 1920, (CropShot(Span(Fraction(0), Fraction(4)), "single", (panel,)),))
    cropped = [(Highlight(Span(Fraction(0), Fraction(4)), 0.5, "T", "r"), path)]
    file = write(tmp_path / "c.json", documents.crops(VIDEO, cropped))
    assert documents.read_crops(file, VIDEO) == cropped


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"clips": []}, "no list of highlights"),
        ([{"start": 3, "end": 2}], "not after start"),
        ([{"start": 3}], "highlights.0.end: Field required"),
        ([{"start": -1, "end": 2}], "greater than or equal to 0"),
        ([{"start": 100, "end": 120}], "outside the video"),
        ([{"start": 0, "end": 1e400}], "finite|not JSON"),
        ([3], "highlights.0"),
    ],
)
def test_invalid_document_is_refused_with_the_location(tmp_path: Path, document: object, says: str) -> None:
    with pytest.raises(DocumentError, match=says):
        documents.read_highlights(write(tmp_path / "h.json", document), VIDEO)


def test_a_file_that_is_not_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(DocumentError, match="not valid JSON"):
        documents.read_highlights(path, VIDEO)
    with pytest.raises(DocumentError, match="cannot read"):
        documents.read_highlights(tmp_path / "none.json", VIDEO)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["start", "end", "title", "crop", "panels", "keyframes", "into", "x1"]), inner
        )
    ),
    max_leaves=20,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values)
def test_readers_raise_only_document_errors(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "d.json"
    for document in (value, [value], {"highlights": [value], "clips": [value]}):
        write(path, document)
        for read in (documents.read_highlights, documents.read_crops):
            try:
                read(path, VIDEO)
            except ClipyError:
                continue
