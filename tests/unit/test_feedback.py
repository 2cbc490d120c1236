"""What a user says of clips: taken off a run, kept in the store, learnt from by local, and forgotten again."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from clipy import feedback, probe
from clipy.cli import main
from clipy.config import store_folder
from clipy.context import Context
from clipy.errors import DocumentError
from clipy.feedback import Choice, Verdict
from clipy.stages.highlight.local import Local
from clipy.stages.highlight.selection.features import CALIBRATION
from clipy.stages.highlight.selection.user_bias import UserBias, learn_bias
from clipy.storage.store import Store
from clipy.types import Array, Span, Video, seconds
from fixtures.media import make_video
from tests.unit.test_local import AGAIN, hearing
from tests.unit.test_picking import DULL, TOLD

SOURCE = {"path": "shows/talk.mp4", "fingerprint": "ab" * 32, "duration": 100.0, "width": 64, "height": 64}


def clip(number: int, start: float, text: str, **more: Any) -> dict[str, Any]:
    """A clip of one word each half second; times of its words are those of the clip."""
    words = [{"text": w, "start": 0.5 * n, "end": 0.5 * n + 0.4, "speaker": None} for n, w in enumerate(text.split())]
    span = {"start": start, "end": start + 20, "score": 0.5, "details": {"length": 1.0}, "language": "en"}
    return {"file": f"talk-{number}.mp4", "title": f"Title {number}", **span, "words": words, **more}


RUN = {
    "schema": "clipy.run/1",
    "source": SOURCE,
    "clips": [
        clip(1, 10, "She saved her money. He spent his."),
        clip(2, 40, "Boil the rice. Salt it.", keep=[[40, 41], [50, 60]]),
        clip(3, 70, "Nothing much."),
    ],
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    root = tmp_path / "store"
    root.mkdir()
    return Store(root)


def test_a_verdict_says_all_that_is_needed_by_itself() -> None:
    accepted, rejected = feedback.verdicts(RUN, feedback.choices(accept=[1], reject=[3]))
    assert accepted.said == ("She saved her money.", "He spent his.")
    assert (accepted.kind, accepted.wanted, accepted.source, accepted.name) == ("accepted", True, "ab" * 32, "talk.mp4")
    assert (accepted.start, accepted.end, accepted.score) == (10, 30, 0.5)
    assert not rejected.wanted
    assert Verdict.model_validate_json(accepted.line()) == accepted


def test_of_a_trimmed_clip_counts_what_is_left_also_where_parts_were_cut_out() -> None:
    half, later = feedback.verdicts(
        RUN, feedback.choices(trim=[(1, Span(seconds(10), seconds(12))), (2, Span(seconds(50), seconds(60)))])
    )
    assert half.said == ("She saved her money.",)
    assert later.said == ("rice.", "Salt it.")
    assert (later.start, later.end, later.wanted) == (50, 60, True)


@pytest.mark.parametrize(
    ("chosen", "problem"),
    [
        (feedback.choices(accept=[4]), "there is no clip 4: .*There are clips 1 to 3"),
        (feedback.choices(accept=[1], reject=[1]), "clip 1 is chosen twice"),
        (feedback.choices(trim=[(1, Span(seconds(30), seconds(40)))]), "clip 1 is 10-30 s"),
        ([Choice(verdict="accepted", file="other.mp4")], "there is no clip 'other.mp4'"),
    ],
)
def test_choices_that_fit_no_clip_are_refused(chosen: list[Choice], problem: str) -> None:
    with pytest.raises(DocumentError, match=problem) as found:
        feedback.verdicts(RUN, chosen, where="clips.json")
    assert "\n" not in str(found.value)


def test_the_newest_verdict_on_a_stretch_counts_and_the_log_only_grows(store: Store) -> None:
    assert feedback.recorded(store) == ()
    assert feedback.digest(store) == ""
    for chosen in (feedback.choices(accept=[1], reject=[2]), feedback.choices(reject=[1])):
        feedback.record(store, feedback.verdicts(RUN, chosen))
    assert [(v.start, v.kind) for v in feedback.recorded(store)] == [(40, "rejected"), (10, "rejected")]
    assert len(feedback.log_of(store).read_text().splitlines()) == 3
    assert feedback.reset(store) == 3
    assert feedback.recorded(store) == ()
    assert feedback.reset(store) == 0


def test_threads_and_processes_append_whole_lines(store: Store) -> None:
    found = feedback.verdicts(RUN, feedback.choices(accept=[1], reject=[2]))
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(
            lambda n: feedback.record(store, [v.model_copy(update={"end": 99.0 + n}) for v in found]), range(20)
        ):
            pass
    assert len(feedback.recorded(store)) == 40


def test_a_line_that_was_cut_short_is_passed_over_and_the_next_write_removes_it(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    found = feedback.verdicts(RUN, feedback.choices(accept=[1]))
    feedback.record(store, found)
    with feedback.log_of(store).open("a") as file:
        file.write(found[0].line()[:40])
    assert feedback.recorded(store) == tuple(found)
    assert "not written to its end" in caplog.text
    feedback.record(store, feedback.verdicts(RUN, feedback.choices(reject=[2])))
    assert [v.kind for v in feedback.recorded(store)] == ["accepted", "rejected"]


def test_a_damaged_log_is_named_with_its_line(store: Store) -> None:
    feedback.record(store, feedback.verdicts(RUN, feedback.choices(accept=[1])))
    feedback.log_of(store).write_text(feedback.log_of(store).read_text() + '{"verdict": "liked"}\n')
    with pytest.raises(DocumentError, match=r"line 2: verdict: .*feedback\.jsonl.*--reset"):
        feedback.recorded(store)


@pytest.mark.parametrize("lines", [False, True])
def test_choices_come_from_json_and_from_json_lines(lines: bool, tmp_path: Path) -> None:
    whole = feedback.verdicts(RUN, feedback.choices(accept=[1]))[0]
    entries = [
        {"clip": 1, "verdict": "accepted"},
        {"file": "talk-2.mp4", "verdict": "trimmed", "start": 50, "end": 55},
        json.loads(whole.line()),
    ]
    path = tmp_path / "mine.json"
    path.write_text("\n".join(json.dumps(entry) for entry in entries) if lines else json.dumps(entries, indent=1))
    assert feedback.read_choices(path) == [Choice(**entries[0]), Choice(**entries[1]), whole]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{"clip": 1, "verdict": "trimmed"}]', "entry 1: .*a trimmed clip has a start and an end"),
        ('{"clip": 1, "verdict": "accepted"}\n{"verdict": "accepted"}', "line 2: .*either its number or its file"),
        ('{"clip": 0, "verdict": "accepted"}', "line 1: clip"),
        ("[1]", "entry 1"),
        ("{", "line 1: not valid JSON"),
    ],
)
def test_wrong_choices_are_refused_with_their_place(text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(text)
    with pytest.raises(DocumentError, match=problem):
        feedback.read_choices(tmp_path / "mine.json")


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["feedback", *(str(argument) for argument in arguments)])


def test_the_command_records_shows_and_forgets(tmp_path: Path) -> None:
    (tmp_path / "clips.json").write_text(json.dumps(RUN))
    (tmp_path / "mine.json").write_text('[{"clip": 3, "verdict": "rejected"}]')
    done = command(tmp_path, "--accept", "1", "--trim", "2=50-55.5", "--file", tmp_path / "mine.json")
    assert done.exit_code == 0, done.output
    assert "accepted: 1, rejected: 1, trimmed: 1" in done.output
    kept = feedback.recorded(Store(store_folder()))
    assert [(v.kind, v.start, v.end) for v in kept] == [
        ("accepted", 10, 30),
        ("trimmed", 50, 55.5),
        ("rejected", 70, 90),
    ]
    shown = command("--show")
    assert "talk.mp4" in shown.output
    assert "2 good, 1 not" in shown.output
    assert [v["verdict"] for v in json.loads(command("--show", "--json").output)["feedback"]] == [v.kind for v in kept]
    assert "removed 3 verdicts" in command("--reset").output
    assert "nothing is recorded" in command("--show").output


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--show", "--reset"],
        ["x", "--accept", "0"],
        ["x", "--trim", "1=9-3"],
        ["x", "--trim", "1"],
        ["--accept", "1"],
    ],
)
def test_wrong_usage_is_refused(arguments: list[str]) -> None:
    assert command(*arguments).exit_code == 2


def test_a_folder_without_a_run_is_one_line(tmp_path: Path) -> None:
    failed = command(tmp_path, "--accept", "1")
    assert failed.exit_code == 1
    assert "clips.json" in failed.output


def tastes(count: int, seed: int = 0) -> tuple[Array, Array]:
    """Unit vectors about what a user wants, and does not, that differ in one direction."""
    random = np.random.default_rng(seed)
    wanted = np.arange(count) % 2 == 0
    vectors = random.normal(size=(count, 64)) + 3 * np.where(wanted, 1, -1)[:, None] * np.eye(64)[0]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), wanted


def test_few_verdicts_move_little_and_many_find_the_taste() -> None:
    new, liked = tastes(400, seed=1)
    few, many = (UserBias.fit(*tastes(count), np.full(count, 0.5)).of(new) for count in (4, 200))
    assert 0 < np.abs(few).max() < 0.8 < np.abs(many).max()
    assert np.mean((many > 0) == liked) > 0.97


def test_rejecting_what_scores_high_teaches_nothing_against_what_scores_high() -> None:
    """Of picks in any subject the best score is rejected: the score explains that, and no meaning has to."""
    vectors, high = tastes(200)
    wanted = np.random.default_rng(2).random(200) < np.where(high, 0.1, 0.9)
    scores = np.where(high, 0.9, 0.1)
    told, untold = (UserBias.fit(vectors, wanted, given).of(vectors) for given in (scores, np.full(200, np.nan)))
    assert np.abs(told).mean() < 0.3 * np.abs(untold).mean()


def test_nothing_is_learnt_from_acceptance_alone(ctx: Context) -> None:
    assert learn_bias((), ctx) is None
    assert learn_bias(feedback.verdicts(RUN, feedback.choices(accept=[1, 2])), ctx) is None


MONEY = (
    "Her salary was three thousand dollars a month.",
    "She saved half of what she earned in the bank.",
    "He lost all his money in shares that year.",
    "We asked the investors for a million dollars.",
)
FATHER = (*TOLD[:2], *AGAIN[:2])


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    return probe(make_video(tmp_path_factory.mktemp("feedback") / "a.mp4", seconds=130, size=(64, 64), rate=2))


def liking(good: tuple[str, ...], bad: tuple[str, ...]) -> list[Verdict]:
    return [
        Verdict(verdict=kind, source=kind, start=n, end=n + 1, said=(text,), score=0.5)
        for kind, texts in (("accepted", good), ("rejected", bad))
        for n, text in enumerate(texts)
    ]


def test_local_follows_the_user_says_how_much_and_forgets(video: Video, ctx: Context) -> None:
    heard = hearing(ctx, *DULL, *AGAIN, *DULL[::-1], *DULL)
    local = Local(Local.Options(count=1, min_duration=10, max_duration=20))
    before = heard.cached(local.highlight, video)
    story = before[0]
    assert "feedback" not in story.details
    scores = {}
    for name, verdicts in (("liked", liking(FATHER, MONEY)), ("disliked", liking(MONEY, FATHER))):
        feedback.reset(ctx.store)
        feedback.record(ctx.store, verdicts)
        found = heard.cached(local.highlight, video)
        scores[name] = next((pick for pick in found if pick.span == story.span), None)
    liked, disliked = scores["liked"], scores["disliked"]
    assert liked is not None
    assert liked.details["feedback"] > 0.53
    moved = np.log(liked.details["feedback"] / (1 - liked.details["feedback"]))
    assert np.log(liked.score / (1 - liked.score)) == pytest.approx(
        np.log(story.score / (1 - story.score)) + CALIBRATION[1] * moved, abs=0.02
    )
    assert disliked is None or disliked.details["feedback"] < 0.47
    deaf = Local(local.options.model_copy(update={"feedback": False}))
    assert deaf.highlight(video, heard) == before
    feedback.reset(ctx.store)
    assert heard.cached(local.highlight, video) == before
