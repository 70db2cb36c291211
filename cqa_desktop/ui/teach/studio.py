"""What stands behind the studio's window: the set, the passage that is judged, and the app's questions about it.

Every change is on disk a quarter of a second later, and before anything else is done.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from cqa_desktop.annotations.coverage import Coverage
from cqa_desktop.annotations.types import Annotation
from cqa_desktop.critique.interview import Interview
from cqa_desktop.documents.errors import DocumentError
from cqa_desktop.documents.teaching import Sketch, TeachingSet, new_id
from cqa_desktop.engine.client import sendable
from cqa_desktop.engine.messages import Question
from cqa_desktop.measure.types import Brief
from cqa_desktop.ui.bridge import EngineBridge
from cqa_desktop.ui.teach.questioner import Questioner
from cqa_desktop.ui.teach.remembered import Remembered, annotators

SAVE_MS: Final = 250
LOOK_MS: Final = 2000
"""How often it is looked whether another program wrote the set."""


class Studio(QObject):
    """One set, and one passage at a time."""

    passage_changed = Signal()
    """Another passage, or none, is judged now."""
    questions_changed = Signal()
    """Another question is put, or something was said."""
    judgments_changed = Signal()
    set_changed = Signal()
    told = Signal(str)
    """One line that the expert should know."""
    saved = Signal(bool)
    """Whether everything is on disk."""

    def __init__(self, bridge: EngineBridge, parent: QObject) -> None:
        super().__init__(parent)
        self.remembered = Remembered()
        self.set: TeachingSet | None = None
        self.interview: Interview | None = None
        self.fault = ""
        """Why something is not on disk; empty if everything is."""
        self.questioner = Questioner(bridge, self)
        self.questioner.changed.connect(self.questions_changed)
        self.questioner.told.connect(self.told)
        self.questioner.came.connect(self._questions_came)
        self._dirty = False
        self._together = ""
        self._save = QTimer(self, singleShot=True, interval=SAVE_MS)
        self._save.timeout.connect(self.save)
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self.look)
        bridge.model_loaded.connect(lambda _event: self.ask_for_questions())

    # --- the set --------------------------------------------------------------------------------------------------

    def open_set(self, path: Path) -> bool:
        """Open a set file, or begin one; False, with the reason told, if it cannot be: what is open stays."""
        self.save()
        try:
            opened = TeachingSet(path)
        except DocumentError as error:
            self.told.emit(str(error))
            return False
        self.set = opened
        self.remembered.set_path = path
        self._look.start()
        if self._dirty:
            self.save()  # what the set before could not take
        else:
            self._show(None)
        self.set_changed.emit()
        return True

    def look(self) -> None:
        """Take in what other programs wrote to the set."""
        if self.set is None or self._dirty:
            return
        try:
            if not self.set.refresh():
                return
        except DocumentError as error:
            self._look.stop()  # said once; the next change of ours looks again
            self.told.emit(str(error))
            return
        self.told.emit(f"{self.set.path.name} was changed by another program; its changes are shown.")
        self._follow()
        self.set_changed.emit()

    def _follow(self) -> None:
        """Show the passage that is judged as the set now has it."""
        interview = self.interview
        entry = self.set.find(interview.name) if self.set and interview else None
        if interview is None:
            return
        if entry is None:
            if interview.begun:
                self._show(None)
        elif (entry.annotation, entry.sketches) != (interview.annotation(), interview.unfinished()):
            self._show(Interview(entry.annotation, entry.sketches))

    def coverage(self) -> Coverage | None:
        """Of what would be trained on."""
        return self.set.coverage() if self.set else None

    # --- the passage ----------------------------------------------------------------------------------------------

    def begin(self, passage: str, context: str = "", brief: Brief = Brief()) -> None:
        """Judge a passage; one that this expert has begun already is gone on with. Nothing unsaved is left for it."""
        if not self.save():
            return
        expert = self.remembered.get("expert")
        for entry in self.set.entries if self.set else ():
            people = [who.name for who in entry.annotation.annotators if who.role == "expert"]
            if entry.annotation.passage == passage and people[:1] == [expert]:
                self.open(entry.annotation.id)
                return
        self._show(
            Interview(
                Annotation(
                    id=new_id(),
                    passage=passage,
                    context=context,
                    brief=brief,
                    source=self.remembered.get("source"),
                    licence=self.remembered.get("licence"),
                    language=self.remembered.get("language"),
                    annotators=annotators(expert, self.remembered.get("colleague")),
                    judgments=(),
                )
            )
        )

    def open(self, name: str) -> None:
        """Go on with an annotation of the set."""
        entry = self.set.find(name) if self.set and self.save() else None
        if entry is not None:
            self._show(Interview(entry.annotation, entry.sketches))

    def leave(self) -> None:
        """No passage is judged."""
        if self.save():
            self._show(None)

    def _show(self, interview: Interview | None) -> None:
        if interview is not None:
            interview.skipped = self.remembered.skipped(interview.name)
        self.interview = interview
        self.questioner.drop()
        self.passage_changed.emit()
        self.ask_for_questions()

    # --- changes --------------------------------------------------------------------------------------------------

    def change(self, field: str, **values: str | Brief | tuple[object, ...]) -> None:
        """Set what stands beside dialogue and judgments."""
        if self.interview is None:
            return
        self.interview.change(**values)
        if "passage" in values or "context" in values:
            self.questioner.drop()
        self.changed(f"details {field}")

    def changed(self, together: str = "") -> None:
        """The interview was changed: it is saved in a moment, and undone as one with changes under the same key."""
        if together != self._together:
            self.save()
        self._together, self._dirty = together, True
        if together:
            self._save.start()
        else:
            self.save()

    def save(self) -> bool:
        """Write what is not on disk yet; whether everything is there."""
        self._save.stop()
        interview = self.interview
        if not self._dirty or interview is None:
            return True
        try:
            if self.set is None:
                raise DocumentError("no set is open - choose another one under Set")
            stored = self.set.find(interview.name)
            if interview.begun:
                name = self.set.put(interview.annotation(), interview.unfinished(), together=self._together)
                if name != interview.name:
                    interview.change(id=name)
                    self.told.emit(
                        "Another program changed this annotation too; yours is kept beside it, as a new one."
                    )
            elif stored is not None:
                self.set.delete(interview.name)
        except DocumentError as error:
            if str(error) != self.fault:
                self.told.emit(f"Not saved: {error}")
            self.fault = str(error)
            self.saved.emit(False)
            self._save.start(LOOK_MS)  # it may have been mended
            return False
        self.fault, self._dirty = "", False
        self._look.start()
        self.saved.emit(True)
        self.set_changed.emit()
        return True

    def exclude(self, name: str, *, excluded: bool) -> None:
        """Keep an annotation from being trained on, or take it in again."""
        if self.set is not None and self.save():
            self._try(lambda kept: kept.exclude(name, excluded=excluded))

    def delete(self, name: str) -> None:
        """Remove an annotation; undo brings it back."""
        gone = self.set is not None and self.save() and self._try(lambda kept: kept.delete(name))
        if gone and self.interview is not None and self.interview.name == name:
            self._show(None)

    def undo(self) -> None:
        """Take the last change of the set back."""
        if self.set is not None and self.save():
            names: list[str] = []
            if self._try(lambda kept: names.append(kept.undo())):
                self._after(names[0])

    def _after(self, name: str) -> None:
        """An annotation was changed from outside the interview."""
        assert self.set is not None
        entry = self.set.find(name)
        if self.interview is None or self.interview.name != name:
            return
        if entry is not None:
            self._show(Interview(entry.annotation, entry.sketches))
        else:
            # What was said is taken back; the passage is still there to be judged.
            self._show(Interview(msgspec.structs.replace(self.interview.annotation(), dialogue=(), judgments=())))

    def _try(self, change: Callable[[TeachingSet], object]) -> bool:
        assert self.set is not None
        try:
            change(self.set)
        except DocumentError as error:
            self.told.emit(str(error))
            return False
        finally:
            self.set_changed.emit()
        return True

    # --- judgments ------------------------------------------------------------------------------------------------

    def judge(self, sketch: Sketch) -> int:
        """Begin a judgment; returns its place."""
        assert self.interview is not None
        at = self.interview.judge(sketch)
        self.changed()
        self.judgments_changed.emit()
        return at

    def judge_answer(self, at: int | None = None) -> int:
        """Turn an answer into a judgment; returns its place."""
        assert self.interview is not None
        place = self.interview.judge_answer(at)
        self.changed()
        self.judgments_changed.emit()
        self._moved_on()
        return place

    def change_judgment(self, at: int, sketch: Sketch, field: str) -> None:
        """Another choice, or other words."""
        if self.interview is not None and at < len(self.interview.sketches):
            words = {name: cleaned(getattr(sketch, name)) for name in ("reasoning", "counterfactual", "suggestion")}
            self.interview.sketches[at] = msgspec.structs.replace(sketch, **words)
            self.changed(f"judgment {at} {field}")
            self.judgments_changed.emit()

    def remove_judgment(self, at: int) -> None:
        if self.interview is not None and at < len(self.interview.sketches):
            del self.interview.sketches[at]
            self.changed()
            self.judgments_changed.emit()

    # --- questions ------------------------------------------------------------------------------------------------

    def write_answer(self, text: str) -> None:
        """The answer so far."""
        text = cleaned(text)
        if self.interview is not None and text != self.interview.answer:
            self.interview.answer = text
            self.changed("answer")

    def go_on(self) -> None:
        """To the next question; what is written is the answer to this one."""
        if self.interview is not None:
            left_out = len(self.interview.skipped)
            self.interview.go_on()
            if len(self.interview.skipped) > left_out:
                self.remembered.set_skipped(self.interview.name, self.interview.skipped)
            self.changed()
            self._moved_on()

    def put_own(self, text: str) -> None:
        """Put a question of somebody in the room."""
        if self.interview is not None and text.strip():
            self.interview.put_own(cleaned(text).strip())
            self.changed()
            self.questions_changed.emit()

    def reword(self, at: int, text: str) -> None:
        """Change a turn of the dialogue."""
        if self.interview is not None and at < len(self.interview.turns):
            self.interview.reword(at, cleaned(text))
            self.changed(f"turn {at}")

    def remove_turns(self, start: int, end: int) -> None:
        if self.interview is not None:
            self.interview.remove_turns(start, end)
            self.changed()
            self.questions_changed.emit()

    def _moved_on(self) -> None:
        self.questions_changed.emit()
        self.ask_for_questions()

    def ask_for_questions(self) -> None:
        """Let the worker look at the passage, if there is no question to go on with."""
        self.questioner.ask(self.interview, self.set)

    def _questions_came(self, questions: tuple[Question, ...]) -> None:
        if self.interview is not None:
            self.interview.supply(questions)
            self.questions_changed.emit()


def cleaned(text: str) -> str:
    """A text as UTF-8 and one line of JSON can carry it: what is pasted may hold anything."""
    return sendable(text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""))
