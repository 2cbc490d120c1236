"""Every backend keeps the contract of its kind."""

from pathlib import Path
from typing import Any

import pytest
from clipy_examples.align import Unhurried
from clipy_examples.diarize import PingPong
from clipy_examples.embed import Letters
from clipy_examples.executor import Threads
from clipy_examples.faces import Brightest
from clipy_examples.highlight import Loudest
from clipy_examples.pizzazz import Sparkle
from clipy_examples.reframe import Pan
from clipy_examples.render import Matroska
from clipy_examples.review import Audible
from clipy_examples.shots import Metronome
from clipy_examples.speakers import Biggest
from clipy_examples.transcribe import Script
from clipy_examples.upload import Outbox

from clipy.testing import UploaderContract, contract_of

TestScript = contract_of(Script, text="What is said from start to end.")
TestUnhurried = contract_of(Unhurried)
TestMetronome = contract_of(Metronome, every=0.7)
TestBrightest = contract_of(Brightest)
TestBiggest = contract_of(Biggest)
TestPingPong = contract_of(PingPong)
TestLetters = contract_of(Letters)
TestLoudest = contract_of(Loudest)
TestPan = contract_of(Pan)
TestSparkle = contract_of(Sparkle)
TestMatroska = contract_of(Matroska)
TestAudible = contract_of(Audible)
TestThreads = contract_of(Threads)


class TestOutbox(UploaderContract):
    """An uploader needs a place of its own for each test: the fixture is overridden."""

    @pytest.fixture
    def backend(self, tmp_path: Path) -> Any:
        return Outbox(Outbox.Options(path=tmp_path / "outbox"))
