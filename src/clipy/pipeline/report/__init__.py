"""The review of clips as one page that opens anywhere, without a network: for people who decide what goes out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from clipy.pipeline.report.evidence import collect_page
from clipy.pipeline.report.page import html
from clipy.storage.store import write_text
from clipy.types import Review


def write_report(path: Path, reviewed: Iterable[tuple[str, Path, Sequence[Review]]]) -> None:
    """Write the page on some clips: what each is called, its file, and its reviews.

    It holds all that it shows, so it may be sent to anybody.
    """
    write_text(path, html([collect_page(name, clip, reviews) for name, clip, reviews in reviewed]))
