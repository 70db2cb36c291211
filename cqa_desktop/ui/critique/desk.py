"""Puts the critique's parts together: what is asked, the panel with the notes, and their places in the draft."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from cqa_desktop.documents.files import write_atomically
from cqa_desktop.documents.notes import Note
from cqa_desktop.engine.messages import CritiqueStarted, JobFailed
from cqa_desktop.report.notes import html_notes, markdown_notes, note_markdown
from cqa_desktop.ui import dialogs
from cqa_desktop.ui.bridge import EngineBridge
from cqa_desktop.ui.critique.asking import UNMARKED, Asking
from cqa_desktop.ui.critique.head import CRITICS, Critic, writer
from cqa_desktop.ui.critique.keeper import NoteKeeper
from cqa_desktop.ui.critique.margin import NoteMargin
from cqa_desktop.ui.critique.panel import CritiquePanel
from cqa_desktop.ui.critique.passage import passage_at_caret
from cqa_desktop.ui.critique.prompt_dialog import PromptDialog
from cqa_desktop.ui.draft_file import DraftFile
from cqa_desktop.ui.editor import DraftEditor
from cqa_desktop.ui.labels import announce
from cqa_desktop.ui.score_store import ScoreStore
from cqa_desktop.ui.scoring import Scoring
from cqa_desktop.ui.settings import Settings
from cqa_desktop.ui.theme import Theme

PREVIEW = "preview"
"""A document's name of its own: looking at a prompt neither stops a critique nor waits for one of the draft's."""
DONE = {"accept": "Accepted.", "dismiss": "Dismissed.", "reopen": "Opened again.", "remove": "Removed."}


class CritiqueDesk(QObject):
    """Owns the notes of the draft that is open."""

    panel_asked = Signal()
    """The panel should be seen."""
    notice = Signal(str)

    def __init__(
        self,
        window: QWidget,
        editor: DraftEditor,
        store: ScoreStore,
        scoring: Scoring,
        file: DraftFile,
        bridge: EngineBridge,
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._editor = editor
        self._store = store
        self._scoring = scoring
        self._file = file
        self._bridge = bridge
        self._settings = settings
        self.panel = CritiquePanel()
        self.keeper = NoteKeeper(editor, store, scoring, file, self)
        self.asking = Asking(editor, store, scoring, bridge, self.keeper, self)
        self.margin = NoteMargin(editor, self.keeper.notes)
        self._current = ""
        self._first = True
        self._prompt: PromptDialog | None = None
        self._preview: int | None = None
        self._fresh = QTimer(self, singleShot=True, interval=0)
        self._fresh.timeout.connect(self._refresh)
        self._choose_critic(settings.critic)
        self._connect()
        self._refresh()

    def _connect(self) -> None:
        head, notes, asking = self.panel.head, self.panel.notes, self.asking
        head.critique_asked.connect(self.ask)
        head.stop_asked.connect(asking.stop)
        head.prompt_asked.connect(self.show_prompt)
        head.critic_chosen.connect(self._choose_critic)
        head.decided.connect(self._decide)
        asking.second_asked.connect(self._ask_what_to_do)
        asking.refused.connect(self._refuse)
        asking.began.connect(self._began)
        asking.told.connect(head.tell)
        asking.words_came.connect(self.panel.stream.show_words)
        asking.point_came.connect(self._point_came)
        asking.ended.connect(head.end)
        asking.ended.connect(lambda words: announce(self.panel, words))
        notes.acted.connect(self.act)
        self.panel.asked.connect(self.of_all)
        self.margin.pressed.connect(self._from_margin)
        self.keeper.changed.connect(self._changed)
        self.keeper.opened.connect(self._opened)
        self._file.left.connect(asking.leave)
        self._editor.edited.connect(lambda *_: self._point_at_current())
        self._bridge.critique_started.connect(self._previewed)
        self._bridge.job_failed.connect(self._preview_failed)

    def set_theme(self, theme: Theme) -> None:
        self.panel.set_theme(theme)
        self.margin.set_theme(theme)

    # --- asking ---------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask for a critique of what is selected, or of the passage at the caret."""
        self.panel_asked.emit()
        self.asking.ask()

    def _refuse(self, why: str) -> None:
        self.panel.head.tell(why)

    def _ask_what_to_do(self) -> None:
        self.panel_asked.emit()
        self.panel.head.ask_what_to_do()

    def _decide(self, what: str) -> None:
        self.asking.decide(what)
        self._editor.setFocus()

    def _began(self) -> None:
        self._first = True
        self.panel.head.begin()
        self.panel.done.tell("")
        self.panel.notes.show_state("open")

    def _point_came(self, note_id: str) -> None:
        self._fresh.stop()
        self._refresh()
        card = self.panel.notes.cards.get(note_id)
        announce(self.panel, card.accessibleName() if card is not None else "")
        if self._first:
            # Only the first: what is being read must not be scrolled away.
            self._first = False
            self._set_current(note_id)
            self.panel.reveal(note_id)

    def _choose_critic(self, name: str) -> None:
        critic: Critic = next((one for one, _, _ in CRITICS if one == name), "auto")
        self.panel.head.choose_critic(critic)
        self.asking.critic = critic
        self._settings.critic = critic

    def show_prompt(self) -> None:
        """Show what the model sees: of the critique that is being written, else of the one that could be asked for."""
        if self._prompt is None:
            self._prompt = PromptDialog(self._window)
        current = self.asking.current
        if current is not None and current.critic is not None:
            self._prompt.show_prompt(current.said, current.prompt)
        else:
            self._ask_for_prompt(self._prompt)
        self._prompt.show()
        self._prompt.raise_()
        self._prompt.activateWindow()

    def _ask_for_prompt(self, dialog: PromptDialog) -> None:
        self.asking.about_to_ask.emit()
        text = self.keeper.text()
        passage = passage_at_caret(self._editor, self._store, text)
        if passage is None:
            dialog.tell(UNMARKED)
            return
        dialog.wait()
        self._preview = self._bridge.client.write_critique(
            PREVIEW,
            0,
            text,
            passage.start,
            passage.end,
            self._scoring.brief,
            critic=self.asking.critic,
            preview=True,
        )

    def _previewed(self, event: CritiqueStarted) -> None:
        if event.job == self._preview and self._prompt is not None:
            self._prompt.show_prompt(writer(event), event.prompt)

    def _preview_failed(self, event: JobFailed) -> None:
        if event.job == self._preview and self._prompt is not None:
            self._prompt.tell(event.message)

    # --- notes ----------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        if not self._fresh.isActive():
            self._fresh.start()

    def _refresh(self) -> None:
        notes = self.keeper.notes
        if self._current and notes.get(self._current) is None:
            self._set_current("")
        self.panel.notes.show_notes(self.keeper.shown(), self.keeper.placed(), notes.counts())
        self.margin.update()
        self._point_at_current()

    def _opened(self) -> None:
        self._set_current("")
        self.panel.head.tell("")
        self.panel.done.tell("")
        self.panel.notes.show_state("open")

    def act(self, what: str, note_id: str) -> None:
        """What the writer asks of one note: go, copy, accept, dismiss, reopen, pin, remove."""
        note = self.keeper.notes.get(note_id)
        if note is None:
            return
        if what == "go":
            self.go_to(note_id)
        elif what == "copy":
            QGuiApplication.clipboard().setText(note_markdown(note))
            self.panel.done.tell("Copied.", undo=False)
        else:
            self.keeper.act(what, note_id)
            self.panel.done.tell(DONE.get(what, "Let go." if note.pinned else "Pinned."))

    def of_all(self, what: str) -> None:
        """What the writer asks of all notes: undo, redo, copy, export."""
        if what == "undo":
            self.panel.done.tell("Taken back." if self.keeper.undo() else "Nothing to take back.", undo=False)
        elif what == "redo":
            self.panel.done.tell("Done again." if self.keeper.redo() else "Nothing to do again.", undo=False)
        elif what == "copy":
            QGuiApplication.clipboard().setText(markdown_notes(self._file.name, self._shown()))
            self.panel.done.tell("Copied.", undo=False)
        elif what == "export":
            self.export()

    def _shown(self) -> list[Note]:
        """The notes that the panel shows: open, accepted or dismissed ones."""
        return [note for note in self._kept() if note.state == self.panel.notes.state]

    def _kept(self) -> tuple[Note, ...]:
        return self.keeper.notes.kept(self.keeper.text())

    def export(self) -> None:
        """Ask for a file and write all notes to it, as Markdown or HTML."""
        target = dialogs.ask_where_to_export(self._window, self._file.path)
        if not target:
            return
        path = Path(target)
        page = html_notes if path.suffix.lower() in (".html", ".htm") else markdown_notes
        try:
            write_atomically(path, page(self._file.name, self._kept()).encode("utf-8"))
        except OSError as error:
            self.notice.emit(f"{path}: the notes could not be written ({error.strerror}) - choose another place")
            return
        self.panel.done.tell(f"Written to {path.name}.", undo=False)

    # --- places ---------------------------------------------------------------------------------------------------

    def go_to(self, note_id: str) -> None:
        """Show a note's words in the draft, and put the caret before them."""
        place = self.keeper.notes.place(note_id)
        self._set_current(note_id)
        if place is None:
            self.panel.done.tell("Its words are no longer in the draft.", undo=False)
            return
        self._editor.go_to(place.start)
        self._editor.setFocus()

    def step(self, by: int) -> None:
        """The next note (1) or the one before (-1), round the end. Its card takes the keyboard."""
        self.panel_asked.emit()
        notes = [one.id for one in self.keeper.shown() if one.state == self.panel.notes.state]
        if not notes:
            return
        place = self.keeper.notes.place(self._current)
        at_current = place is not None and self._editor.textCursor().position() == place.start
        if self._current in notes and (at_current or self.panel.notes.has_keyboard()):
            target = notes[(notes.index(self._current) + by) % len(notes)]
        else:
            target = self._from_caret(notes, by)
        self._set_current(target)
        place = self.keeper.notes.place(target)
        if place is not None:
            self._editor.show_place(place.start)
        self.panel.reveal(target, keyboard=True)

    def act_on_current(self, what: str) -> None:
        """What the menu's commands ask of the note whose words are shown."""
        if self._current:
            self.act(what, self._current)

    def _from_caret(self, notes: list[str], by: int) -> str:
        at = self._editor.textCursor().position()
        starts = [(place.start, one) for one in notes if (place := self.keeper.notes.place(one)) is not None]
        if by > 0:
            return next((one for start, one in sorted(starts) if start >= at), notes[0])
        return next((one for start, one in sorted(starts, reverse=True) if start < at), notes[-1])

    def _from_margin(self, note_id: str) -> None:
        self.panel_asked.emit()
        self._set_current(note_id)
        self.panel.reveal(note_id)

    def _set_current(self, note_id: str) -> None:
        self._current = note_id
        self.margin.set_current(note_id)
        self.panel.notes.set_current(note_id)
        self._point_at_current()

    def _point_at_current(self) -> None:
        note = self.keeper.notes.get(self._current)
        put_away = note is None or note.state == "dismissed"
        self._editor.point_at(None if put_away else self.keeper.notes.place(self._current))

    def close(self) -> None:
        """The window goes; what has come of a critique is kept."""
        self.asking.leave()
        if self._prompt is not None:
            self._prompt.close()
