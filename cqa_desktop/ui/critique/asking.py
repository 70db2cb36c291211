"""Critiques that are being written: asked for, followed while the draft is written on, stopped, and kept as notes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal

from cqa_desktop.annotations.critique import CriticName, Ending, Point
from cqa_desktop.documents.anchors import around
from cqa_desktop.documents.notes import Note, moved
from cqa_desktop.engine.messages import (
    CritiqueEnded,
    CritiqueStarted,
    CritiqueText,
    JobFailed,
    PointReady,
)
from cqa_desktop.text.offsets import Utf16Map
from cqa_desktop.text.spans import Span
from cqa_desktop.ui.bridge import EngineBridge
from cqa_desktop.ui.critique.head import Critic, outcome, writer
from cqa_desktop.ui.critique.keeper import NoteKeeper
from cqa_desktop.ui.critique.passage import passage_at_caret
from cqa_desktop.ui.editor import DraftEditor
from cqa_desktop.ui.score_store import ScoreStore
from cqa_desktop.ui.scoring import DOCUMENT, Scoring

QUOTED = 48
FEWEST_WORDS = 4
"""Fewer words of an unfinished point say nothing."""
UNMARKED = "Put the caret in a sentence, or select a passage, and ask again."


@dataclass
class Asked:
    """A critique that was asked for, of a draft as it read then."""

    job: int
    text: str
    offsets: Utf16Map
    passage: Span
    """In code points of that text."""
    critic: CriticName | None = None
    """None until it is known who writes."""
    model: str = ""
    prompt: str = ""
    said: str = ""
    """Who writes, and why."""
    words: str = ""
    """Of the point that is being written."""
    points: int = 0
    stopped: bool = False
    ending: Ending | None = None
    edits: list[tuple[int, int, int]] = field(default_factory=list)
    """What the writer did to the draft since: position, units removed, units added."""

    def place(self, start: int, end: int) -> tuple[Span, bool]:
        """Where words of that text stand now, in UTF-16 units, and whether they are as they were."""
        place, whole = Span(self.offsets.to_utf16(start), self.offsets.to_utf16(end)), True
        for edit in self.edits:
            place, intact = moved(place, *edit)
            whole = whole and intact
        return place, whole

    def called(self) -> str:
        """The passage in a few words."""
        words = " ".join(self.passage.of(self.text).split())
        return f"“{words if len(words) <= QUOTED else words[: QUOTED - 1].rstrip() + '…'}”"


class Asking(QObject):
    """What is written arrives as notes; what there is to say of it comes out as signals."""

    about_to_ask = Signal()
    """What still waits to be taken in, as words of the brief, should be taken in now."""
    second_asked = Signal()
    """One is being written already: `decide` says what becomes of the new one."""
    refused = Signal(str)
    """Nothing can be asked for, and why."""
    began = Signal()
    told = Signal(str)
    """Who writes, of what, and how it stands."""
    words_came = Signal(str)
    """The words of the point that is being written, so far."""
    point_came = Signal(str)
    """The id of the note that the point became."""
    ended = Signal(str)
    """No critique is being written any more; how the last one ended."""

    def __init__(
        self,
        editor: DraftEditor,
        store: ScoreStore,
        scoring: Scoring,
        bridge: EngineBridge,
        keeper: NoteKeeper,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._editor = editor
        self._store = store
        self._scoring = scoring
        self._bridge = bridge
        self._keeper = keeper
        self._revision = 0
        self._asked: list[Asked] = []
        """In the order in which they are written."""
        self._before = ""
        """What became of the one before that which is being written."""
        self._next: tuple[str, Span] | None = None
        """The draft and the passage of a second critique, while it is not decided what becomes of it."""
        self.critic: Critic = "auto"
        editor.edited.connect(self._edited)
        bridge.critique_started.connect(self._started)
        bridge.critique_text.connect(self._words)
        bridge.point_ready.connect(self._point)
        bridge.critique_ended.connect(self._critique_ended)
        bridge.job_failed.connect(self._failed)
        bridge.job_ended.connect(self._done)

    @property
    def busy(self) -> bool:
        """Whether a critique is being written or waits to be."""
        return any(not one.stopped for one in self._asked)

    @property
    def current(self) -> Asked | None:
        """The one that is being written."""
        return next((one for one in self._asked if not one.stopped), None)

    # --- asking ---------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask for a critique of what is selected, or of the passage at the caret."""
        self.about_to_ask.emit()
        text = self._keeper.text()
        passage = passage_at_caret(self._editor, self._store, text)
        if passage is None:
            self.refused.emit(UNMARKED)
        elif self.busy:
            self._next = (text, passage)
            self.second_asked.emit()
        else:
            self._send(text, passage, replace=True)

    def decide(self, what: str) -> None:
        """What becomes of the second critique: replace, queue, or empty for neither."""
        waiting, self._next = self._next, None
        if waiting is None or not what:
            return
        if waiting[0] != self._keeper.text():
            # The draft was written on since: the passage is asked for as it is now.
            passage = passage_at_caret(self._editor, self._store, self._keeper.text())
            if passage is None:
                self.refused.emit(UNMARKED)
                return
            waiting = (self._keeper.text(), passage)
        if what == "replace":
            for one in self._asked:
                one.stopped = True
                self._keep_unfinished(one)
        self._send(*waiting, replace=what == "replace")

    def _send(self, text: str, passage: Span, *, replace: bool) -> None:
        self._revision += 1
        job = self._bridge.client.write_critique(
            DOCUMENT,
            self._revision,
            text,
            passage.start,
            passage.end,
            self._scoring.brief,
            critic=self.critic,
            replace=replace,
        )
        asked = Asked(job, text, Utf16Map(text), passage)
        waits = self.busy
        self._asked.append(asked)
        if waits:
            self._tell()
        else:
            self._begin(asked)

    def _begin(self, asked: Asked) -> None:
        waits = "" if self._scoring.model is not None else " It begins once the model is there."
        asked.said = f"Reading {asked.called()}.{waits}"
        self.began.emit()
        self._tell()

    def stop(self) -> bool:
        """Stop the one being written and those that wait; False if there is none. What is written stays."""
        if not self.busy:
            return False
        self._next = None
        written = False
        for one in self._asked:
            if not one.stopped:
                one.stopped = True
                self._bridge.client.cancel(one.job)
                written = self._keep_unfinished(one) or one.points > 0 or written
        self._end("Stopped. What was written is kept." if written else "Stopped.")
        return True

    def _end(self, words: str) -> None:
        self._before = ""
        self.words_came.emit("")
        self.ended.emit(words)

    def leave(self) -> None:
        """The draft is about to go: what has come of its critiques stays with it."""
        # What the engine has said and the window has not heard yet.
        QCoreApplication.sendPostedEvents(self, QEvent.Type.MetaCall)
        if self.stop():
            self.ended.emit("")
        self._asked.clear()

    # --- what comes back ------------------------------------------------------------------------------------------

    def _edited(self, position: int, removed: int, added: int) -> None:
        for one in self._asked:
            one.edits.append((position, removed, added))

    def _of(self, job: int) -> Asked | None:
        return next((one for one in self._asked if one.job == job), None)

    def _started(self, event: CritiqueStarted) -> None:
        asked = self._of(event.job)
        if asked is None:
            return
        asked.critic = event.critic
        asked.model = self._scoring.model.name if self._scoring.model is not None else ""
        asked.prompt = event.prompt
        asked.said = writer(event)
        if asked is self.current:
            self._tell()

    def _tell(self) -> None:
        current = self.current
        if current is not None:
            waiting = sum(not one.stopped for one in self._asked) - 1
            more = f" {waiting} more {'waits' if waiting == 1 else 'wait'}." if waiting else ""
            self.told.emit(f"{self._before}{current.said}{more}")

    def _words(self, event: CritiqueText) -> None:
        asked = self._of(event.job)
        if asked is not None and not asked.stopped:
            asked.words += event.text
            self.words_came.emit(asked.words)

    def _point(self, event: PointReady) -> None:
        asked = self._of(event.job)
        if asked is None:
            return
        asked.words = ""
        asked.points += 1
        if not asked.stopped:
            self.words_came.emit("")
        place, _ = asked.place(event.point.start, event.point.end)
        known = self._keeper.notes.same(event.point, place)
        self._keeper.finished(event.point)
        self.point_came.emit(known or self._keep(asked, event.point, unfinished=False))

    def _keep(self, asked: Asked, point: Point, *, unfinished: bool) -> str:
        place, intact = asked.place(point.start, point.end)
        before, after = around(asked.text, point.start, point.end)
        note = Note(
            id=secrets.token_hex(4),
            point=point,
            critic=asked.critic or "measured",
            model=asked.model,
            passage=asked.passage.of(asked.text),
            unfinished=unfinished,
            changed=not intact,
            before_words=before,
            after_words=after,
        )
        return self._keeper.add(note, place if len(place) else None, together=str(asked.job)).id

    def _keep_unfinished(self, asked: Asked) -> bool:
        """The words of a point that will not come to its end are kept, for what they are worth; whether there were
        some.
        """
        words, asked.words = asked.words.strip(), ""
        if len(words.split()) < FEWEST_WORDS:
            return False
        point = Point(
            start=asked.passage.start,
            end=asked.passage.end,
            quote=asked.passage.of(asked.text),
            dimension="craft",
            verdict="asks",
            reasoning=words if words[-1] in ".!?…" else f"{words} …",
            whole=True,
        )
        self.point_came.emit(self._keep(asked, point, unfinished=True))
        return True

    def _critique_ended(self, event: CritiqueEnded) -> None:
        asked = self._of(event.job)
        if asked is None:
            return
        asked.ending = event.ending
        if event.ending.fault:
            self._keep_unfinished(asked)
        asked.words = ""
        if not asked.stopped:
            self.words_came.emit("")

    def _failed(self, event: JobFailed) -> None:
        asked = self._of(event.job)
        if asked is not None:
            self._keep_unfinished(asked)
            self._finish(asked, event.message)

    def _done(self, job: int) -> None:
        asked = self._of(job)
        if asked is not None:
            self._finish(asked, outcome(asked.ending) if asked.ending is not None else "It was stopped.")

    def _finish(self, asked: Asked, words: str) -> None:
        self._asked.remove(asked)
        if asked.stopped:
            return
        following = self.current
        if following is None:
            self._end(f"{asked.said} {words}" if asked.ending is not None else words)
            return
        self._before = f"{asked.called()}: {words}\n\n"
        self.words_came.emit("")
        self._begin(following)
