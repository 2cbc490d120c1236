"""``shots = "metronome"``: cuts that come like clockwork."""

from itertools import pairwise

from pydantic import Field

from clipy import Context, Shot, ShotDetector, Span, Video, seconds


class Metronome(ShotDetector):
    """A cut at every so many seconds of the source, for videos that are cut to a beat."""

    class Options(ShotDetector.Options):
        every: float = Field(2.0, gt=0.1, description="Seconds between two cuts.")

    options: Options

    def detect(self, video: Video, span: Span, ctx: Context) -> list[Shot]:
        beat = seconds(self.options.every)
        first = span.start // beat + 1
        cuts = [beat * n for n in range(first, int(span.end // beat) + 1) if beat * n < span.end]
        edges = [span.start, *cuts, span.end]
        return [Shot(Span(start, end)) for start, end in pairwise(edges)]
