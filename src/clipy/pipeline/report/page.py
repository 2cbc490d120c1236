"""The report as HTML: one file, no network, no script; readable in the dark, on a phone and by a screen reader."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from clipy.pipeline.report.evidence import Page, Proof, ReportedFinding
from clipy.types import Finding, Seconds, Span

_POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"
_WIDTH, _HEIGHT, _MARKS = 960, 72, 22  # of the timeline, in its own units
_WORDS = {"error": "Error", "warning": "Warning", "info": "Note"}


def html(pages: Sequence[Page]) -> str:
    """The whole page."""
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    passed = sum(page.passed for page in pages)
    body = "\n".join(_clip(page, f"c{number}") for number, page in enumerate(pages, 1))
    links = "".join(
        f'<li><a href="#c{number}">{escape(page.name)}</a> {_badge(page)}</li>' for number, page in enumerate(pages, 1)
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY, quote=True)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Review: {passed} of {len(pages)} clips passed</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>Review</h1>
<p>{passed} of {len(pages)} {"clip" if len(pages) == 1 else "clips"} passed.</p>
<nav aria-label="Clips"><ol>{links}</ol></nav>
</header>
<main>
{body}
</main>
</body>
</html>
"""


def _clip(page: Page, name: str) -> str:
    findings = "\n".join(_finding(item, f"{name}f{number}") for number, item in enumerate(page.findings, 1))
    found = f"<ol class=findings>{findings}</ol>" if findings else "<p>No findings.</p>"
    measures = f"{float(page.duration):.1f} s, {page.size[0]}×{page.size[1]}" if page.duration else "cannot be read"
    return f"""<section aria-labelledby="{name}">
<h2 id="{name}">{escape(page.name)} {_badge(page)}</h2>
<p class=measures>{measures}</p>
{_thumbnails(page)}{_timeline(page, name)}
<h3>Findings</h3>
{found}
</section>"""


def _badge(page: Page) -> str:
    word = "passed" if page.passed else "rejected"
    return f'<span class="badge {word}">{word}</span>'


def _thumbnails(page: Page) -> str:
    pictures = "".join(
        f'<img src="{_data(Proof("image/jpeg", picture))}" alt="The picture at {_clock(time)}">'
        for time, picture in page.thumbnails
    )
    return f"<div class=strip>{pictures}</div>\n" if pictures else ""


def _timeline(page: Page, name: str) -> str:
    """The sound as bars, and above it a mark for each finding that has a time, which leads to it."""
    if not page.duration:
        return ""
    middle = _MARKS + (_HEIGHT - _MARKS) / 2
    width = _WIDTH / max(1, len(page.wave))
    tall = (_HEIGHT - _MARKS) / 2 - 1
    bars = "".join(
        f"M{index * width + width / 2:.1f} {middle - max(0.5, peak * tall):.1f}v{2 * max(0.5, peak * tall):.1f}"
        for index, peak in enumerate(page.wave)
    )
    marks = "".join(
        _mark(item.finding, item.finding.span, page.duration, f"{name}f{number}")
        for number, item in reversed(list(enumerate(page.findings, 1)))  # the gravest come first, and lie on top
        if item.finding.span is not None
    )
    count = sum(item.finding.span is not None for item in page.findings)
    says = f"Timeline of {float(page.duration):.1f} seconds with {count} marks"
    return f"""<figure><svg class=timeline viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="group" \
aria-label="{says}"><path class=wave d="{bars}" stroke-width="{width * 0.6:.2f}"/>{marks}</svg>
<figcaption><span>{_clock(page.duration * 0)}</span><span>{_clock(page.duration)}</span></figcaption></figure>"""


def _mark(finding: Finding, span: Span, duration: Seconds, target: str) -> str:
    left = min(1.0, float(span.start / duration)) * _WIDTH
    wide = max(6.0, min(1.0, float(span.duration / duration)) * _WIDTH)
    left = min(left, _WIDTH - wide)
    says = f"{_WORDS[finding.severity]} at {_clock(span.start)}: {finding.message}"
    place = f'x="{left:.1f}" width="{wide:.1f}"'
    shape = f'<rect class="{finding.severity}" {place} y="2" height="{_MARKS - 6}" rx="3"/>'
    line = f'<rect class="{finding.severity} area" {place} y="{_MARKS}" height="{_HEIGHT - _MARKS}"/>'
    return f'<a href="#{target}" aria-label="{escape(says)}"><title>{escape(says)}</title>{line}{shape}</a>'


def _finding(item: ReportedFinding, name: str) -> str:
    finding = item.finding
    return (
        f'<li id="{name}" class="{finding.severity}"><p><strong class=severity>{_WORDS[finding.severity]}</strong> '
        f"{escape(finding.message)}</p>"
        f"<p class=details>{' · '.join(_details(item))}</p>{_proof(item)}</li>"
    )


def _details(item: ReportedFinding) -> Iterator[str]:
    finding = item.finding
    yield escape(f"{item.reviewer}: {finding.check}" if item.reviewer else finding.check)
    if finding.span is not None:
        yield f"{_clock(finding.span.start)} to {_clock(finding.span.end)}"
    if finding.value is not None:
        limit = f" (limit {finding.limit:g})" if finding.limit is not None else ""
        yield f"measured {finding.value:g}{limit}"
    if finding.repair is not None:
        yield f"can be repaired: {finding.repair.kind}"


def _proof(item: ReportedFinding) -> str:
    proof = item.proof
    if proof is None:
        return ""
    if proof.kind.startswith("audio"):
        return f'<audio controls src="{_data(proof)}" aria-label="Sound at the finding"></audio>'
    return f'<img class=evidence src="{_data(proof)}" alt="{escape("Evidence: " + item.finding.message)}">'


def _data(proof: Proof) -> str:
    return f"data:{proof.kind};base64,{base64.b64encode(proof.data).decode('ascii')}"


def _clock(time: Seconds) -> str:
    tenths = round(float(time) * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
