"""The list of clips: what is on it, in which order, and how fast."""

from __future__ import annotations

import json
import re
from pathlib import Path
from time import perf_counter

from tests.studio.conftest import Running


def shown(studio: Running, query: str = "") -> list[str]:
    status, _, body = studio.get(f"/p/_/cards{query}")
    assert status == 200
    return re.findall(r'id="card-([^"]+)"', body.decode())


def enlarge(folder: Path, count: int) -> None:
    """A run of many clips: each with findings, words and a crop, as a run writes them."""
    document = json.loads((folder / "clips.json").read_text())
    one = document["clips"][0]
    film = (folder / one["file"]).read_bytes()
    document["clips"] = []
    for number in range(count):
        name = f"boats-{number + 1:03d}.mp4"
        finding = {"reviewer": "r", "check": "c", "severity": ("error", "warning")[number % 2], "message": f"m{number}"}
        score = round((number * 37 % count) / count, 4)
        review = {"passed": bool(number % 2), "findings": [finding] * (number % 3), "repaired": []}
        more = {"file": name, "title": f"Clip {number} <b>&", "score": score, "review": review}
        document["clips"].append({**one, **more})
        (folder / name).write_bytes(film)
    (folder / "clips.json").write_text(json.dumps(document))


def test_the_list_shows_clips_with_reasons_and_the_candidates_that_are_left(studio: Running) -> None:
    status, _, body = studio.get("/p/_/")
    page = body.decode()
    assert status == 200
    assert shown(studio) == ["boats-01", "boats-02"]
    assert "two sentences" in page
    (spare,) = shown(studio, "?show=spare")
    assert spare.startswith("candidate-")


def test_rejected_candidates_say_why(studio: Running) -> None:
    path = studio.folder / "clips.json"
    document = json.loads(path.read_text())
    clip = document["clips"].pop()
    finding = {"reviewer": "sound", "check": "silent", "severity": "error", "message": "it is <i>silent</i>"}
    document["rejected"] = [{k: clip[k] for k in ("start", "end", "title", "score")} | {"findings": [finding]}]
    path.write_text(json.dumps(document))
    _, _, body = studio.get("/p/_/cards?show=rejected")
    assert "it is &lt;i&gt;silent&lt;/i&gt;" in body.decode()
    assert "Make this one all the same" in body.decode()


def test_filters_and_orders(studio: Running) -> None:
    enlarge(studio.folder, 12)
    assert len(shown(studio)) == 12
    scores = {f"boats-{n + 1:03d}": (n * 37 % 12) / 12 for n in range(12)}
    assert shown(studio, "?sort=score") == sorted(scores, key=lambda name: -scores[name])
    assert shown(studio, "?find=clip+7") == ["boats-008"]
    assert len(shown(studio, "?show=findings")) == 8
    assert shown(studio, "?show=approved") == []
    assert shown(studio, "?show=nonsense&sort=nonsense&find=%00") == []
    assert b"Clip 3 &lt;b&gt;&amp;" in studio.get("/p/_/cards")[2]


def test_two_hundred_clips_are_there_in_less_than_a_second(studio: Running) -> None:
    enlarge(studio.folder, 200)
    began = perf_counter()
    status, _, body = studio.get("/p/_/")
    spent = perf_counter() - began
    assert status == 200
    assert body.count(b'class="card ') == 200
    assert spent < 1


def test_thumbnails_are_made_once(studio: Running) -> None:
    status, headers, first = studio.get("/p/_/clips/boats-01/thumbnail.jpg")
    assert (status, headers["content-type"], first[:2]) == (200, "image/jpeg", b"\xff\xd8")
    (kept,) = (studio.folder / ".studio" / "thumbnails").iterdir()
    assert studio.get("/p/_/clips/boats-01/thumbnail.jpg")[2] == first == kept.read_bytes()
    (spare,) = shown(studio, "?show=spare")
    assert studio.get(f"/p/_/clips/{spare}/thumbnail.jpg")[2][:2] == b"\xff\xd8"


def test_a_damaged_clips_json_is_reported_as_one_line(studio: Running) -> None:
    (studio.folder / "clips.json").write_text("{")
    status, _, body = studio.get("/p/_/", Accept="text/html")
    assert status == 409
    assert "not valid JSON" in body.decode()
    assert "Traceback" not in body.decode()
