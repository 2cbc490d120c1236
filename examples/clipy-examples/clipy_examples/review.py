"""``review = "audible"``: is it good?"""

import numpy as np
from pydantic import Field

from clipy import Clip, Context, Evidence, Finding, Review, Reviewer, probe, sound_array


class Audible(Reviewer):
    """A clip in which nothing can be heard does not pass."""

    class Options(Reviewer.Options):
        quietest: float = Field(-60.0, le=0, description="Level in dBFS that the clip must reach at some time.")

    options: Options

    def review(self, clip: Clip, ctx: Context) -> Review:
        video = probe(clip.path)  # a file that is no video raises MediaError, which is a finding of its own
        level = -120.0
        if video.audio:
            samples = sound_array(video, video.span, rate=16_000)
            level = 20 * float(np.log10(np.abs(samples).max(initial=1e-6)))
        if level >= self.options.quietest:
            return Review(self.name)
        message = f"nothing is louder than {level:.0f} dBFS"
        heard = Evidence.sound(video.span)
        return Review(self.name, (Finding("audible", "error", message, None, level, self.options.quietest, heard),))
