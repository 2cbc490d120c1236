"""A brand kit: logo, colours and font in one small file that captions, titles and the watermark share.

    # brand.toml
    logo = "logo.png"
    font = "OurFont.ttf"
    text_color = "#ffffff"
    highlight_color = "#ff5a36"
    outline_color = "#101014"

Paths are relative to the file. JSON with the same keys is as good.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clipy.errors import ConfigError
from clipy.storage.store import file_digest
from clipy.typography.styles import Colour

HEX = r"^#[0-9a-fA-F]{6}$"


class Brand(BaseModel):
    """What a brand kit may say. Everything is optional."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    logo: Path | None = Field(None, description="A picture, best a PNG with transparency.")
    font: Path | None = Field(None, description="A font file: .ttf or .otf.")
    text_color: str | None = Field(None, pattern=HEX, description="Colour of words, as #rrggbb.")
    highlight_color: str | None = Field(None, pattern=HEX, description="The brand's own colour, as #rrggbb.")
    outline_color: str | None = Field(None, pattern=HEX, description="Colour around letters, as #rrggbb.")

    def files(self) -> tuple[Path, ...]:
        """The files that the kit names."""
        return tuple(path for path in (self.logo, self.font) if path is not None)


def load_brand(path: Path | None) -> Brand:
    """Read a brand kit; an empty one without a path. Raises ConfigError."""
    if path is None:
        return Brand.model_validate({})
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
        kit = Brand.model_validate(values)
    except OSError as error:
        raise ConfigError(f"cannot read the brand kit ({error.strerror})", where=path) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        keys = ", ".join(Brand.model_fields)
        raise ConfigError(f"the brand kit is wrong: {place}: {first['msg']}", where=path, do=f"Keys: {keys}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"the brand kit is neither TOML nor JSON ({error})", where=path) from error
    placed = {name: path.parent / value for name in ("logo", "font") if (value := getattr(kit, name)) is not None}
    for file in placed.values():
        if not _is_there(file):
            raise ConfigError("the brand kit names a file that is not there", where=file, do=f"See {path}")
    return kit.model_copy(update=placed)


def _is_there(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:  # such as a name that is too long
        return False


def brand_digests(path: Path | None) -> tuple[str, ...]:
    """The sha256 of a brand kit and of the files that it names: they decide what a clip looks like."""
    return () if path is None else tuple(file_digest(file) for file in (path, *load_brand(path).files()))


def font_digests(path: Path | None) -> tuple[str, ...]:
    """The sha256 of a font file of the user's. Raises ConfigError when there is none."""
    if path is None:
        return ()
    if not path.is_file():
        raise ConfigError("there is no such font file", where=path, do="Give the path of a .ttf or .otf file")
    return (file_digest(path),)


def colour_of(text: str) -> Colour:
    """``#rrggbb`` as red, green and blue."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def hex_of(colour: Colour) -> str:
    """Red, green and blue as ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
