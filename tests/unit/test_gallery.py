"""The documentation shows every preset and every pizzazz that draws."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import pytest

from clipy import registry
from clipy.stages.base import Pizzazz
from clipy.typography.styles import CAPTION_PRESETS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "pizzazz.md").read_text(encoding="utf-8")
PICTURES = sorted((DOCS / "images").glob("*.jpg"))


@pytest.mark.parametrize("preset", sorted(CAPTION_PRESETS))
def test_every_preset_is_pictured(preset: str) -> None:
    assert f"`{preset}` ![{preset}](images/captions-{preset}.jpg)" in PAGE


@pytest.mark.parametrize("name", registry.names("pizzazz"))
def test_every_pizzazz_has_a_section_and_one_that_draws_a_picture(name: str) -> None:
    (listing,) = (listing for listing in registry.listings("pizzazz") if listing.name == name)
    if listing.package != "clipy":
        pytest.skip("not one of clipy's own")
    section = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section is not None, name
    kind = registry.load("pizzazz", name)
    if kind.frames is not Pizzazz.frames:  # type: ignore[attr-defined]
        assert "](images/" in section.group(1), name


def test_gallery_page_matches_its_pictures() -> None:
    assert {f"images/{path.name}" for path in PICTURES} == set(re.findall(r"\]\((images/[^)]+)\)", PAGE))


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_gallery_pictures_are_small_and_valid(path: Path) -> None:
    assert path.stat().st_size < 60_000
    picture = cv2.imread(str(path))
    assert picture is not None
    assert picture.std() > 10
