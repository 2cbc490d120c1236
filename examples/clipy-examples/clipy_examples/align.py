"""``align = "unhurried"``: the times of known words, put right."""

from dataclasses import replace
from itertools import pairwise

from clipy import Aligner, Context, Transcript, Video


class Unhurried(Aligner):
    """Lets every word last until the next one begins."""

    def align(self, video: Video, transcript: Transcript, ctx: Context) -> Transcript:
        words = [replace(word, end=max(word.end, following.start)) for word, following in pairwise(transcript.words)]
        return replace(transcript, words=(*words, *transcript.words[-1:]))
