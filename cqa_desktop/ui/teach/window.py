"""The annotation studio: the passage on the left, the interview, the judgments and the set on the right.

A window of its own: recording judgments is other work than writing, often done by two people, and the draft stays as it
is behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QPushButton, QWidget

from cqa_desktop.critique.interview import taken
from cqa_desktop.documents.errors import DocumentError
from cqa_desktop.documents.teaching import Sketch
from cqa_desktop.measure.types import Brief
from cqa_desktop.ui.actions import Command, add_commands, fill_menu_bar
from cqa_desktop.ui.bridge import EngineBridge
from cqa_desktop.ui.teach.coverage_view import most_wanted
from cqa_desktop.ui.teach.frame import TeachFrame
from cqa_desktop.ui.teach.remembered import annotators
from cqa_desktop.ui.teach.studio import cleaned
from cqa_desktop.ui.theme import Theme

SETS: Final = "Annotations (*.jsonl);;All files (*)"


class TeachWindow(TeachFrame):
    """Shares the worker with the window it was opened from, and closes with it."""

    def __init__(self, bridge: EngineBridge, theme: Theme, trainer: Sequence[str] | None = None) -> None:
        super().__init__(bridge, trainer)
        self._connect()
        self._fill_menu(self.menu)
        if fill_menu_bar(self, self.menu):
            self.menu_button.hide()
        self.set_theme(theme)
        self._show_passage()
        if not self.studio.open_set(self.studio.remembered.set_path):
            self._show_set()

    def _fill_menu(self, menu: QMenu) -> None:
        file: list[Command | None] = [
            ("New passage", "Ctrl+N", self.paste_new),
            ("Another set…", "Ctrl+O", self.choose_set),
            ("Export…", "Ctrl+Shift+E", self.export),
            None,
            ("Close", "Ctrl+W", self.close),
        ]
        edit: list[Command | None] = [
            ("Undo in the set", "Ctrl+Z", self.studio.undo),
            None,
            ("Judge the selected words, or the answer", "Ctrl+J", self.judge),
            ("Next question, or skip this one", "Ctrl+Return|Ctrl+Enter", self._go_on),
            ("A question of your own", "Ctrl+K", self._own_question),
            ("Previous annotation", "Ctrl+PgUp", lambda: self._step(-1)),
            ("Next annotation", "Ctrl+PgDown", lambda: self._step(1)),
        ]
        pages = (self.interview, self.judgments, self.details, self.set_page, self.train)
        view: list[Command | None] = [
            ("To the passage, and back", "F6", self._cross),
            *(
                (self.tabs.tabText(at), f"Ctrl+{at + 1}", lambda page=page: self.turn_to(page))
                for at, page in enumerate(pages)
            ),
        ]
        for title, commands in (("File", file), ("Edit", edit), ("View", view)):
            add_commands(self, menu.addMenu(title), commands)

    def _connect(self) -> None:
        studio = self.studio
        studio.passage_changed.connect(self._show_passage)
        studio.questions_changed.connect(self._show_questions)
        studio.judgments_changed.connect(self._mark)
        studio.set_changed.connect(self._show_set)
        studio.saved.connect(lambda _on: self._show_state())
        studio.told.connect(self._tell)
        self.interview.answer_changed.connect(self._answered)
        self.interview.next_asked.connect(self._go_on)
        self.interview.judgment_asked.connect(lambda at: self._judge_answer(None if at < 0 else at))
        self.interview.own_question.connect(studio.put_own)
        self.interview.reworded.connect(studio.reword)
        self.interview.removed.connect(studio.remove_turns)
        self.judgments.new_asked.connect(self._judge_selection)
        self.judgments.changed.connect(studio.change_judgment)
        self.judgments.removed.connect(self._remove_judgment)
        self.judgments.quote_asked.connect(lambda _at: self._take_quote())
        self.judgments.turned_to.connect(lambda _at: self._mark())
        self.passage.selected.connect(self.judgments.take.setEnabled)
        self.details.line_changed.connect(self._line_changed)
        self.details.brief_changed.connect(lambda brief: self._change("brief", brief=brief))
        self.details.context_changed.connect(lambda text: self._change("context", context=cleaned(text)))
        self.details.passage_changed.connect(lambda text: self._change("passage", passage=cleaned(text)))
        self.set_page.open_asked.connect(self._open)
        self.set_page.exclude_asked.connect(lambda name, on: studio.exclude(name, excluded=on))
        self.set_page.delete_asked.connect(studio.delete)
        self.set_page.undo_asked.connect(studio.undo)
        self.set_page.choose_asked.connect(self.choose_set)
        self.set_page.export_asked.connect(self.export)
        self.set_page.train_asked.connect(lambda: self.turn_to(self.train))
        self.train.about_to_run.connect(studio.save)
        self.train.running_changed.connect(lambda _on: self._show_state())
        self.new.clicked.connect(self.paste_new)
        self.begin_button.clicked.connect(self._begin_pasted)
        self.tabs.currentChanged.connect(self._turned)

    # --- beginning ------------------------------------------------------------------------------------------------

    def begin_from(self, text: str, start: int, end: int, brief: Brief) -> None:
        """Judge text[start:end] of a draft, or the paragraph at `start`; offsets are code points."""
        if text.strip():
            passage, context = taken(text, start, end)
            self.begin(passage, context, brief)
        elif self.studio.interview is None:
            self.paste_new()

    def begin(self, passage: str, context: str = "", brief: Brief = Brief()) -> None:
        """Judge a passage."""
        self.studio.begin(passage, context, brief)
        self.turn_to(self.interview if self.studio.remembered.complete else self.details)

    def paste_new(self) -> None:
        """Make room for another passage."""
        self.studio.leave()
        self.pasted.setFocus()

    def _begin_pasted(self) -> None:
        text = cleaned(self.pasted.toPlainText()).strip()
        if text:
            self.pasted.clear()
            self.begin(text)

    def _open(self, name: str) -> None:
        self.studio.open(name)
        self.turn_to(self.judgments)

    def _step(self, by: int) -> None:
        entries = self.studio.set.entries if self.studio.set else ()
        names = [one.annotation.id for one in entries]
        if names:
            here = self.studio.interview.name if self.studio.interview else ""
            at = names.index(here) + by if here in names else -1
            self.studio.open(names[at % len(names)])

    # --- what is shown --------------------------------------------------------------------------------------------

    def turn_to(self, page: QWidget) -> None:
        """Show a page and give it the keyboard."""
        self.tabs.setCurrentIndex(self.pages.indexOf(page))
        page.setFocus()

    def _turned(self, index: int) -> None:
        self.pages.setCurrentIndex(index)
        self._mark()
        self.studio.ask_for_questions()

    def _cross(self) -> None:
        """The keyboard goes to the other side."""
        left = self.passage if self.studio.interview is not None else self.pasted
        page = self.pages.currentWidget()
        (page if left.hasFocus() and page is not None else left).setFocus()

    def _show_passage(self) -> None:
        interview = self.studio.interview
        if interview is not None:
            self.passage.show_passage(interview.passage, interview.context)
        self.left.setCurrentIndex(0 if interview is not None else 1)
        self.judgments.take.setEnabled(False)
        self.judgments.show_passage(interview.passage if interview else "")
        self.judgments.show_sketches(interview.sketches if interview else None, 0)
        self.details.show_details(self.studio.remembered, interview)
        self._show_questions()
        self._show_set()

    def _show_questions(self) -> None:
        studio = self.studio
        self.interview.show_interview(
            studio.interview, asking=studio.questioner.asking, unread=studio.questioner.unread
        )
        self._mark()

    def _mark(self) -> None:
        interview = self.studio.interview
        if interview is None:
            return
        page = self.pages.currentWidget()
        asked = interview.current.span if interview.current and page is self.interview else None
        self.passage.mark(asked, interview.sketches, self.judgments.current if page is self.judgments else None)

    def _show_set(self) -> None:
        kept, coverage = self.studio.set, self.studio.coverage()
        if kept is not None and coverage is not None:
            current = self.studio.interview.name if self.studio.interview else None
            self.set_page.show_set(kept.path, kept.entries, coverage, current, can_undo=kept.can_undo)
            self.train.show_set(kept.path, coverage.annotations)
            self.lacks.setText(most_wanted(coverage))
        self._show_state()

    def _show_state(self) -> None:
        kept = self.studio.set
        self.name.setText(kept.path.name if kept else "No set")
        training = " · training" if self.training.running else ""
        self.state.setText(("Not saved" if self.studio.fault else "Saved") + training if kept else "")

    def _tell(self, message: str) -> None:
        self.notices.tell(message, [("Another set…", self.choose_set)] if self.studio.set is None else [])

    # --- what is done ---------------------------------------------------------------------------------------------

    def _answered(self, text: str) -> None:
        self.studio.write_answer(text)
        self.interview.show_buttons(self.studio.interview)

    def _go_on(self) -> None:
        if self.pages.currentWidget() is self.interview:
            self.studio.go_on()
            self.interview.answer.setFocus()

    def _own_question(self) -> None:
        self.tabs.setCurrentIndex(self.pages.indexOf(self.interview))
        self.interview.own.setFocus()

    def judge(self) -> None:
        """Begin a judgment: of the answer that is being written, else of the selected words."""
        answering = self.pages.currentWidget() is self.interview and self.interview.answer.text().strip()
        if answering and not self.passage.hasFocus():
            self._judge_answer(None)
        else:
            self._judge_selection()

    def _judge_answer(self, at: int | None) -> None:
        if self.studio.interview is not None:
            self._turn_to_judgment(self.studio.judge_answer(at))

    def _judge_selection(self) -> None:
        if self.studio.interview is not None:
            self._turn_to_judgment(self.studio.judge(Sketch(quote=self.passage.chosen())))

    def _turn_to_judgment(self, at: int) -> None:
        assert self.studio.interview is not None
        self.tabs.setCurrentIndex(self.pages.indexOf(self.judgments))
        self.judgments.show_sketches(self.studio.interview.sketches, at)
        self.judgments.turn_to(at)
        self._mark()

    def _take_quote(self) -> None:
        quote = self.passage.chosen()
        if quote is not None:
            self.judgments.set_quote(quote)

    def _remove_judgment(self, at: int) -> None:
        self.studio.remove_judgment(at)
        self.judgments.show_sketches(self.studio.interview.sketches if self.studio.interview else None)
        self._mark()

    def _line_changed(self, name: str, text: str) -> None:
        remembered = self.studio.remembered
        remembered.set(name, cleaned(text))
        if self.studio.interview is None:
            return
        if name in ("expert", "colleague"):
            people = annotators(*(cleaned(self.details.lines[one].text()) for one in ("expert", "colleague")))
            self._change(name, annotators=people)
        else:
            self._change(name, **{name: cleaned(text)})

    def _change(self, field: str, **values: str | Brief | tuple[object, ...]) -> None:
        interview = self.studio.interview
        if interview is None:
            return
        self.studio.change(field, **values)
        if field in ("passage", "context"):
            self.passage.show_passage(interview.passage, interview.context)
            self.judgments.show_passage(interview.passage)
            self._mark()

    # --- files ----------------------------------------------------------------------------------------------------

    def choose_set(self) -> None:
        """Open or begin another set."""
        here = self.studio.set.path if self.studio.set else self.studio.remembered.set_path
        options = QFileDialog.Option.DontConfirmOverwrite
        name, _ = QFileDialog.getSaveFileName(self, "Open or begin a set", str(here), SETS, options=options)
        if name:
            path = Path(name)
            self.studio.open_set(path if path.suffix else path.with_suffix(".jsonl"))

    def export(self) -> None:
        """Write what would be trained on to a file of its own."""
        kept = self.studio.set
        if kept is None or not self.studio.save():
            return
        suggested = kept.path.with_name(f"{kept.path.stem}-export.jsonl")
        name, _ = QFileDialog.getSaveFileName(self, "Export the set", str(suggested), SETS)
        if name:
            self.export_to(Path(name))

    def export_to(self, path: Path) -> None:
        """Write what would be trained on; says what came of it."""
        kept = self.studio.set
        if kept is None:
            return
        try:
            count = kept.export(path)
        except DocumentError as error:
            self.notices.tell(str(error))
            return
        self.notices.tell(f"{count:,} annotation{'' if count == 1 else 's'} written to {path}.")

    # --- the end --------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.studio.look()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.training.running and not self._ask("Training goes on.", "Stop it and close"):
            event.ignore()
            return
        self.training.close()
        if not self.studio.save() and not self._ask(f"Not saved: {self.studio.fault}", "Close all the same"):
            event.ignore()
            return
        event.accept()

    def _ask(self, text: str, yes: str) -> bool:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setText(text)
        accept = QPushButton(yes)
        box.addButton(accept, QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.exec()
        return box.clickedButton() is accept
