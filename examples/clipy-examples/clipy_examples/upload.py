"""``upload = "outbox"``: where finished clips go."""

import shutil
from pathlib import Path

from pydantic import Field

from clipy import Clip, Context, OutputError, Post, Uploader


class Outbox(Uploader):
    """A folder that something else empties. A clip has the same name there each time, so it is never there twice."""

    class Options(Uploader.Options):
        path: Path = Field(Path("outbox"), description="The folder; made when it is not there.")

    options: Options

    def upload(self, clip: Clip, ctx: Context) -> Post:
        place = self.options.path / f"{clip.fingerprint[:16]}{clip.path.suffix}"
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(clip.path, place)
        except OSError as error:
            raise OutputError(
                f"cannot write the clip ({error.strerror})", where=place, do="Choose another path"
            ) from error
        return Post(self.name, str(place))
