"""Streams of several files in one, copied as they are: picture and sound that come apart, as downloads often do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import av

from clipy.media.safe_open import open_media


def join_streams(parts: Sequence[Path], target: Path) -> None:
    """Write the best stream of each file, its picture before its sound, to a Matroska file. Raises MediaError."""
    making = target.with_name(f"{target.stem}.joining.mkv")
    with ExitStack() as stack:
        sources = [stack.enter_context(open_media(part)) for part in parts]
        streams = [source.streams.best("video") or source.streams.best("audio") for source in sources]
        with av.open(str(making), "w") as out:
            copies = {id(stream): out.add_stream_from_template(stream) for stream in streams if stream is not None}
            demuxed = [source.demux(one) for source, one in zip(sources, streams, strict=True) if one is not None]
            for packet in _interleaved(demuxed):
                packet.stream = copies[id(packet.stream)]
                out.mux(packet)
    making.replace(target)


def _interleaved(packets: Sequence[Iterator[av.Packet[Any]]]) -> Iterator[av.Packet[Any]]:
    """Packets of all files in the order of their times, as a file must hold them to be read without jumping about."""
    heads = [next(source, None) for source in packets]
    while any(head is not None for head in heads):
        first = min((n for n, head in enumerate(heads) if head is not None), key=lambda n: _time(heads[n]))
        packet = heads[first]
        heads[first] = next(packets[first], None)
        if packet is not None and packet.dts is not None:
            yield packet


def _time(packet: av.Packet[Any] | None) -> float:
    if packet is None or packet.dts is None or packet.time_base is None:
        return 0.0
    return float(packet.dts * packet.time_base)
