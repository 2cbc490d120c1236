"""``review = "sync"``: is the sound in sync with the lips?"""

from __future__ import annotations

from fractions import Fraction

from pydantic import Field

from clipy import models
from clipy.analysis.clip_qc.inspection import inspect_clip
from clipy.analysis.clip_qc.lip_offset import LipOffset, lip_offset
from clipy.context import Context
from clipy.errors import MediaError
from clipy.stages.base import Reviewer
from clipy.types import Clip, Evidence, Finding, Review, Span

_SHOWN = Fraction(5)  # seconds of sound as evidence


class Sync(Reviewer):
    """Correlates mouth movement with loudness at every shift up to 0.8 s.

    An offset is reported only where it is certain: a few seconds of a speaking face, a clear best shift with no close
    runner-up, and the same result in both halves. Otherwise there is no finding.
    Late sound is tolerated better than early sound, as in nature (ITU-R BT.1359).
    """

    version = 4

    class Options(Reviewer.Options):
        late: float = Field(0.185, gt=0, lt=0.8, description="Seconds the sound may lag (acceptable by ITU-R BT.1359).")
        early: float = Field(
            0.15, gt=0, lt=0.8, description="Seconds the sound may lead: 0.09 by ITU-R BT.1359, plus measurement error."
        )
        agreement: float = Field(
            0.3, gt=0, lt=1, description="Lowest correlation of lips and sound that counts as the same speaker."
        )
        margin: float = Field(
            0.2, gt=0, lt=1, description="Lead in correlation that the best shift needs over all others."
        )
        least: float = Field(2.0, ge=0, description="Shortest speaking face that can be judged, in seconds.")

    options: Options

    def input_digests(self) -> tuple[str, ...]:
        return (models.sha256(models.FACE_LANDMARK),)

    def review(self, clip: Clip, ctx: Context) -> Review:
        name = self.name or "sync"
        try:
            inspection = inspect_clip(clip, ctx)
            if not inspection.video.audio:
                return Review(name)
            found = lip_offset(inspection, ctx)
        except MediaError as error:
            return Review(name, (Finding("readable", "error", error.what),))
        if not self._is_sure(found):
            return Review(name)
        limit = self.options.late if found.late > 0 else self.options.early
        if abs(found.late) <= limit:
            return Review(name)
        side = "after" if found.late > 0 else "before"
        message = f"the sound is {abs(found.late):.2f} s {side} the lips"
        shown = Evidence.sound(Span(Fraction(0), min(_SHOWN, inspection.video.duration)))
        return Review(name, (Finding("lips", "error", message, None, found.late, limit, shown),))

    def _is_sure(self, found: LipOffset) -> bool:
        options = self.options
        enough = len(found.curve) > 0 and found.seconds >= options.least
        clear = enough and found.agreement >= options.agreement and found.margin >= options.margin
        return clear and found.steady
