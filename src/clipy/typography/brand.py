"""Brand kits: logo, colors and font in one small file that captions, titles, watermark and progress bar share.

    # brand.toml
    logo = "logo.png"
    font = "OurFont.ttf"
    text_color = "#ffffff"
    highlight_color = "#ff5a36"
    outline_color = "#101014"

Paths are relative to the file. JSON with the same keys works as well.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clipy.errors import ConfigError
from clipy.storage.store import file_digest
from clipy.typography.styles import Color

HEX_COLOR = r"^#[0-9a-fA-F]{6}$"


class BrandKit(BaseModel):
    """The contents of a brand kit. Every key is optional."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    logo: Path | None = Field(None, description="Image file, ideally a PNG with transparency.")
    font: Path | None = Field(None, description="Font file (.ttf or .otf).")
    text_color: str | None = Field(None, pattern=HEX_COLOR, description="Text color, as #rrggbb.")
    highlight_color: str | None = Field(None, pattern=HEX_COLOR, description="Accent color, as #rrggbb.")
    outline_color: str | None = Field(None, pattern=HEX_COLOR, description="Outline color, as #rrggbb.")

    def files(self) -> tuple[Path, ...]:
        """The files that the kit refers to."""
        return tuple(path for path in (self.logo, self.font) if path is not None)


def load_brand_kit(path: Path | None) -> BrandKit:
    """Read a brand kit; without a path, an empty one. Raises ConfigError for an invalid file or a missing asset."""
    if path is None:
        return BrandKit.model_validate({})
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
        kit = BrandKit.model_validate(values)
    except OSError as error:
        raise ConfigError(f"cannot read the brand kit ({error.strerror})", where=path) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        keys = ", ".join(BrandKit.model_fields)
        raise ConfigError(f"invalid brand kit: {place}: {first['msg']}", where=path, do=f"Keys: {keys}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"the brand kit is neither TOML nor JSON ({error})", where=path) from error
    resolved = {name: path.parent / value for name in ("logo", "font") if (value := getattr(kit, name)) is not None}
    for file in resolved.values():
        if not _is_file(file):
            raise ConfigError("the brand kit refers to a file that does not exist", where=file, do=f"See {path}")
    return kit.model_copy(update=resolved)


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:  # such as a name that is too long
        return False


def brand_digests(path: Path | None) -> tuple[str, ...]:
    """The sha256 of a brand kit and of its files, as input digests: they determine the rendered pixels."""
    return () if path is None else tuple(file_digest(file) for file in (path, *load_brand_kit(path).files()))


def font_digests(path: Path | None) -> tuple[str, ...]:
    """The sha256 of the user's own font file. Raises ConfigError where it does not exist."""
    if path is None:
        return ()
    if not path.is_file():
        raise ConfigError("font file not found", where=path, do="Give the path of a .ttf or .otf file")
    return (file_digest(path),)


def parse_color(text: str) -> Color:
    """``#rrggbb`` as red, green and blue (0..255)."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def format_color(color: Color) -> str:
    """Red, green and blue as ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*color)
