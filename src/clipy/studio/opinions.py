"""What a person decides here is what ``clipy feedback`` records: ``local`` learns from both alike."""

from __future__ import annotations

from clipy import feedback
from clipy.edits import ClipEdits
from clipy.storage.store import Store
from clipy.studio.project import Project
from clipy.types import Json


def record_decision(project: Project, clip: ClipEdits, store: Store) -> None:
    """Record an approval, as that of a trimmed clip where a person set other times, or a rejection.

    Raises StoreError, or DocumentError where the run does not say which video it was.
    """
    if not clip.verdict:
        return
    kind = "rejected" if clip.verdict == "rejected" else "trimmed" if _is_trimmed(project, clip) else "accepted"
    times = {"start": clip.start, "end": clip.end} if kind == "trimmed" else {}
    choice = feedback.Choice.model_validate({"verdict": kind, "clip": 1, **times})
    run = {"source": project.document().get("source"), "clips": [_as_run(clip)]}
    feedback.record(store, feedback.verdicts(run, [choice], where=project.folder))


def _is_trimmed(project: Project, clip: ClipEdits) -> bool:
    first = project.history.first(clip.id) or clip
    return (first.start, first.end) != (clip.start, clip.end)


def _as_run(clip: ClipEdits) -> Json:
    """The clip as a run would describe it: its words in clip time."""
    words = [
        {"text": word.text, "start": max(0.0, word.start - clip.start), "end": max(0.0, word.end - clip.start)}
        for word in clip.words or ()
    ]
    facts = clip.model_dump(mode="json", include={"start", "end", "title", "score", "details", "language"})
    return {"file": f"{clip.id}.mp4", **facts, "words": words, "keep": [[clip.start, clip.end]]}
