"""Hooks of mkdocs.yml: the documents of the repository's root become pages, and links fit the site.

Documents are written to be read in the repository, where those of the root link to ``docs/x.md`` and those in docs to
``../README.md``. On the site all lie side by side. A link to what is no page (a folder of examples) becomes plain text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md")
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(((?!https?://|#|mailto:)[^)\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents of the root. README.md is no index here: docs/index.md is."""
    for name in PAGES:
        page = File.generated(config, name, content=(ROOT / name).read_text(encoding="utf-8"))
        if name == "README.md":
            page.name, page.dest_uri, page.url = "overview", "overview/index.html", "overview/"
        files.append(page)
    return files


def on_page_markdown(markdown: str, **others: Any) -> str:
    """Point links at pages of the site; a target that the repository lacks is left for the strict build to report."""
    folder = ROOT if others["page"].file.src_uri in PAGES else (ROOT / "docs" / others["page"].file.src_uri).parent
    return _LINK.sub(lambda found: _fitted(found, folder), markdown)


def _fitted(found: re.Match[str], folder: Path) -> str:
    text, target = found.groups()
    path, hash_sign, anchor = target.partition("#")
    place = (folder / path).resolve()
    if place.parent == ROOT and place.name in PAGES:
        return f"[{text}]({place.name}{hash_sign}{anchor})"
    if folder == ROOT and place.is_relative_to(ROOT / "docs"):
        return f"[{text}]({place.relative_to(ROOT / 'docs').as_posix()}{hash_sign}{anchor})"
    if place.exists() and not place.is_relative_to(ROOT / "docs"):
        return f"{text} (`{place.relative_to(ROOT).as_posix()}`)"
    return found.group()
