"""``highlight = "loudest"``: what is worth a clip."""

import numpy as np

from clipy import Context, Highlight, Highlighter, Span, Video, seconds


class Loudest(Highlighter):
    """The loudest stretches of a video, each as long as a clip should be."""

    def highlight(self, video: Video, ctx: Context) -> list[Highlight]:
        options = self.options
        length = min(seconds(options.target_duration or options.min_duration), video.duration)
        levels = ctx.levels(video)  # in dBFS, ten times a second; made once and stored
        picks = []
        for number in range(int(video.duration // length)):
            span = Span(length * number, length * (number + 1))
            score = float(np.clip(np.mean(levels.within(span)) / 60 + 1, 0, 1))
            picks.append(Highlight(span, score, title=f"Part {number + 1}", reason="it is loud"))
        return sorted(picks, key=lambda pick: pick.score, reverse=True)
