"""``reframe = "pan"``: where to look."""

from fractions import Fraction

from clipy import Box, Context, CropPath, CropShot, Highlight, Keyframe, Panel, Reframer, Video


class Pan(Reframer):
    """A window of full height that goes from one side of the picture to the other."""

    def reframe(self, video: Video, highlight: Highlight, ctx: Context) -> CropPath:
        width, height, span = self.options.width, self.options.height, highlight.span
        scale = min(Fraction(video.width, width), Fraction(video.height, height))
        wide, high = float(width * scale), float(height * scale)
        first = Keyframe(span.start, Box(0, 0, wide, high))
        last = Keyframe(span.end, Box(video.width - wide, video.height - high, video.width, video.height))
        return CropPath(width, height, (CropShot(span, "single", (Panel((first, last), (0, 0, width, height)),)),))
