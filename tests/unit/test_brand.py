from __future__ import annotations

import json
from pathlib import Path

import pytest

from clipy.errors import ConfigError
from clipy.stages.render.pizzazz.captions import Captions
from clipy.stages.render.pizzazz.title import Title
from clipy.typography.brand import BrandKit, brand_digests, load_brand_kit

VALUES = {"logo": "logo.png", "text_color": "#ffffff", "highlight_color": "#ff5a36"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "logo.png").write_bytes(b"a logo")
    return tmp_path


@pytest.mark.parametrize("suffix", [".toml", ".json"])
def test_kit_is_toml_or_json_with_relative_paths(suffix: str, folder: Path) -> None:
    path = folder / f"brand{suffix}"
    path.write_text(json.dumps(VALUES) if suffix == ".json" else "\n".join(f'{k} = "{v}"' for k, v in VALUES.items()))
    assert load_brand_kit(path) == BrandKit.model_validate({**VALUES, "logo": folder / "logo.png"})
    assert len(brand_digests(path)) == 2


def test_without_a_path_the_kit_is_empty() -> None:
    assert load_brand_kit(None) == BrandKit.model_validate({})
    assert brand_digests(None) == ()


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ('logoo = "x"', "logoo.*Keys: logo"),
        ('text_color = "white"', "text_color"),
        ("text_color = ", "neither TOML nor JSON"),
        ('font = "missing.ttf"', "does not exist"),
    ],
)
def test_invalid_kits_are_refused_with_the_reason(text: str, match: str, folder: Path) -> None:
    path = folder / "brand.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=match):
        load_brand_kit(path)


@pytest.mark.parametrize("kind", [Captions, Title])
def test_a_missing_font_is_refused(kind: type[Captions] | type[Title], folder: Path) -> None:
    with pytest.raises(ConfigError, match="font file not found"):
        kind(kind.Options(font=folder / "missing.ttf")).identity()


def test_options_override_the_brand_colors(folder: Path) -> None:
    path = folder / "brand.toml"
    path.write_text('highlight_color = "#ff5a36"\ntext_color = "#eeeeee"')
    style = Captions(Captions.Options(brand=path, text_color="#aabbcc")).style()
    assert style.highlight.color == (255, 90, 54)
    assert style.text.color == (170, 187, 204)
