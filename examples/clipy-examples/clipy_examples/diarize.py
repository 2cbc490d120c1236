"""``diarize = "ping-pong"``: who speaks when, from the sound alone."""

from pydantic import Field

from clipy import Context, Diarizer, Span, Turn, Video, seconds


class PingPong(Diarizer):
    """Two people who take turns of equal length."""

    class Options(Diarizer.Options):
        turn: float = Field(4.0, gt=0.1, description="Seconds that each speaks at a time.")

    options: Options

    def diarize(self, video: Video, spans: tuple[Span, ...], ctx: Context) -> list[Turn]:
        length, turns = seconds(self.options.turn), []
        for span in spans:
            start = span.start
            while start < span.end:
                end = min(span.end, (start // length + 1) * length)
                turns.append(Turn(Span(start, end), "AB"[int(start // length) % 2]))
                start = end
        return turns
