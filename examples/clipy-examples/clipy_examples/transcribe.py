"""``transcribe = "script"``: what is said is known beforehand."""

from fractions import Fraction

from pydantic import Field

from clipy import Context, Transcriber, Transcript, Video, Word


class Script(Transcriber):
    """The words of a script, spread evenly over the video."""

    class Options(Transcriber.Options):
        text: str = Field("", description="What is said, from start to end.")
        language: str = Field("en", description="In which language, as an ISO 639-1 code.")

    options: Options
    listens = False  # to the sound: a finished clip cannot be heard again to check it

    def transcribe(self, video: Video, ctx: Context) -> Transcript:
        texts = self.options.text.split()
        share = video.duration / max(1, len(texts))
        words = (Word(text, share * n, share * n + share * Fraction(4, 5)) for n, text in enumerate(texts))
        return Transcript(self.options.language, tuple(words))
