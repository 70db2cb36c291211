"""The main window: puts the parts together and carries what one says to the others."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QMenu, QVBoxLayout, QWidget

from cqa_desktop.documents.errors import ChangedOutsideError, DocumentError, MuchShorterError
from cqa_desktop.documents.recovery import Recovered
from cqa_desktop.engine.messages import ModelLoaded, TokenExplained
from cqa_desktop.measure.explain import unread_notice
from cqa_desktop.measure.types import Brief
from cqa_desktop.models.registry import reference_model
from cqa_desktop.ui import dialogs
from cqa_desktop.ui import theme as themes
from cqa_desktop.ui.actions import fill_menu_bar
from cqa_desktop.ui.bridge import EngineBridge
from cqa_desktop.ui.brief_panel import BriefPanel
from cqa_desktop.ui.compare.desk import CompareDesk
from cqa_desktop.ui.critique.desk import CritiqueDesk
from cqa_desktop.ui.draft_file import DraftFile
from cqa_desktop.ui.editor import DraftEditor
from cqa_desktop.ui.find_bar import FindBar
from cqa_desktop.ui.header import Header
from cqa_desktop.ui.help_page import HelpPage
from cqa_desktop.ui.hover_card import HoverCard
from cqa_desktop.ui.menus import fill_menu
from cqa_desktop.ui.notices import Notices
from cqa_desktop.ui.passage_panel import PassagePanel
from cqa_desktop.ui.passage_view import PassageView
from cqa_desktop.ui.score_store import ScoreStore
from cqa_desktop.ui.scoring import Scoring
from cqa_desktop.ui.settings import Settings
from cqa_desktop.ui.side_panel import SidePanel
from cqa_desktop.ui.status_bar import StatusBar
from cqa_desktop.ui.strip import Strip
from cqa_desktop.ui.teach.desk import TeachDesk
from cqa_desktop.ui.theme import ThemeName
from cqa_desktop.ui.word_count import WordCount

REFRESH_MS: Final = 200
SIZE: Final = (1360, 850)


class MainWindow(QMainWindow):
    """One draft, one model. `bridge` is closed with the window."""

    def __init__(self, bridge: EngineBridge, *, model: Path | None = None, theme: ThemeName | None = None) -> None:
        super().__init__()
        self.settings = Settings()
        self._theme_name: ThemeName = theme or self.settings.theme
        self._unread = ""
        self._wanted_model = str(model or self.settings.model or reference_model())
        self.bridge = bridge
        self.store = ScoreStore()
        self.editor = DraftEditor(self.store)
        self.scoring = Scoring(self.editor, self.store, bridge, self)
        self.file = DraftFile(self.editor, self)
        menu = QMenu(self)
        self.header = Header(menu)
        self.notices = Notices()
        self.find_bar = FindBar(self.editor)
        self.strip = Strip(self.editor, self.store)
        self.panel = SidePanel()
        self.passage_panel = PassagePanel()
        self.brief_panel = BriefPanel()
        self.critique = CritiqueDesk(self, self.editor, self.store, self.scoring, self.file, bridge, self.settings)
        self.compare = CompareDesk(self, self.editor, self.store, self.scoring, bridge)
        self.teaching = TeachDesk(self.editor, self.scoring, bridge)
        self.help_page = HelpPage(self)
        self.panel.add("Passage", self.passage_panel)
        self.panel.add("Critique", self.critique.panel)
        self.panel.add("Brief", self.brief_panel)
        self.status = StatusBar()
        self.passage_view = PassageView(self.editor, self.store, self.scoring, self.file, self.passage_panel)
        self.word_count = WordCount(self.editor, self)
        self._centre = QWidget()
        self._lay_out(self._centre)
        self.setCentralWidget(self._centre)
        self.card = HoverCard(self._centre)
        self._refresh = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._refresh.timeout.connect(self._refresh_marks)
        self._connect()
        fill_menu(self, menu, self._theme_name)
        if fill_menu_bar(self, menu):
            self.header.menu_button.hide()
        self.header.legend.set_hidden(self.settings.hidden)
        self.editor.set_zoom(self.settings.zoom)
        self._apply_theme()
        self.resize(*SIZE)
        if (geometry := self.settings.geometry) is not None:
            self.restoreGeometry(geometry)
        self.editor.setFocus()
        self.scoring.load_model(self._wanted_model)

    def _lay_out(self, centre: QWidget) -> None:
        rows = QVBoxLayout(centre)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        draft = QVBoxLayout()
        draft.setSpacing(0)
        draft.addWidget(self.editor, 1)
        draft.addWidget(self.find_bar)
        middle.addLayout(draft, 1)
        middle.addWidget(self.strip)
        middle.addWidget(self.panel)
        rows.addWidget(self.header)
        rows.addWidget(self.notices)
        rows.addLayout(middle, 1)
        rows.addWidget(self.status)

    def _connect(self) -> None:
        self.editor.document().modificationChanged.connect(lambda _on: self._show_name())
        self.editor.hovered.connect(self.scoring.explain)
        self.editor.left.connect(self.card.hide)
        self.editor.zoomed.connect(lambda pixels: setattr(self.settings, "zoom", pixels))
        self.editor.edited.connect(lambda *_: self.strip.refresh())
        self.editor.cursorPositionChanged.connect(self._show_position)
        self.scoring.changed.connect(self._marks_changed)
        self.scoring.progress.connect(self.status.show_progress)
        self.scoring.finished.connect(self._scored)
        self.scoring.model_changed.connect(self._model_changed)
        self.scoring.failed.connect(self._scoring_failed)
        self.scoring.explained.connect(self._show_card)
        self.bridge.notice.connect(self.notices.tell)
        self.header.legend.hidden_changed.connect(self._hide_classes)
        self.header.next_asked.connect(lambda: self.passage_view.go_to_mark(1))
        self.header.previous_asked.connect(lambda: self.passage_view.go_to_mark(-1))
        self.strip.asked.connect(self.editor.go_to)
        self.status.stop_asked.connect(self._stop)
        self.brief_panel.changed.connect(self._brief_changed)
        self.passage_view.ignored_changed.connect(self._show_ignored)
        self.passage_panel.critique_asked.connect(self.critique.ask)
        self.passage_panel.version_asked.connect(self.compare.open)
        self.critique.panel_asked.connect(lambda: self.panel.show_page(self.critique.panel, keyboard=False))
        self.critique.asking.about_to_ask.connect(self.brief_panel.flush)
        self.critique.notice.connect(self.notices.tell)
        self.compare.notice.connect(self.notices.tell)
        self.file.left.connect(self.compare.close)
        self.word_count.counted.connect(self.status.show_words)
        self.file.opened.connect(self._opened)
        self.file.saved.connect(self._show_name)
        self.file.notice.connect(self.notices.tell)
        self.file.recovered.connect(self._offer_recovered)
        QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _scheme: self._apply_theme())

    # --- looks ----------------------------------------------------------------------------------------------------

    def set_theme(self, name: ThemeName) -> None:
        """Light, dark, or as the desktop has it."""
        self._theme_name = name
        self.settings.theme = name
        self._apply_theme()

    def _apply_theme(self) -> None:
        theme = themes.theme_for(self._theme_name)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.setPalette(themes.qt_palette(theme))
        self.setStyleSheet(themes.style_sheet(theme))
        for part in (
            self.editor, self.strip, self.passage_panel, self.critique, self.compare, self.brief_panel, self.card,
            self.header.legend, self.teaching, self.help_page,
        ):  # fmt: skip
            part.set_theme(theme)

    def _hide_classes(self, kinds: set[str]) -> None:
        self.settings.hidden = kinds
        self.editor.set_hidden(kinds)
        self.strip.refresh()

    # --- marks ----------------------------------------------------------------------------------------------------

    def _marks_changed(self) -> None:
        self.editor.viewport().update()
        self.strip.refresh()
        if not self._refresh.isActive():
            self._refresh.start()

    def _refresh_marks(self) -> None:
        self.header.legend.show_counts(self.passage_view.counts())
        self.passage_view.refresh()

    def _scored(self) -> None:
        self.status.show_state("Scored" if self.store.count() else "")
        self._refresh_marks()
        self.strip.refresh()
        self._tell_if_unread()

    def _tell_if_unread(self) -> None:
        name = self.scoring.model.name if self.scoring.model else ""
        notice = unread_notice(name, self.store.unread_share())
        if notice != self._unread:
            self.notices.dismiss(self._unread)
            self._unread = notice
            if notice:
                self.notices.tell(notice)

    def _stop(self) -> None:
        self.scoring.stop()
        self.status.show_state("Stopped; scoring goes on with the next edit")

    def _show_card(self, start: int, end: int, event: TokenExplained) -> None:
        line = self.editor.rect_of(start, end)
        if line is None:
            return
        placed = line.toAlignedRect()
        placed.moveTopLeft(self.editor.viewport().mapTo(self._centre, placed.topLeft()))
        bounds = self.editor.rect()
        bounds.moveTopLeft(self.editor.mapTo(self._centre, bounds.topLeft()))
        if bounds.contains(placed.center()):
            self.card.tell(self.editor.quote(start, end), event, placed, bounds)

    def _show_ignored(self) -> None:
        self.editor.set_ignored(frozenset(self.file.sidecar.ignored))
        self._marks_changed()

    def _show_position(self) -> None:
        self.card.hide()
        block = self.editor.textCursor().blockNumber() + 1
        self.status.show_position(f"Paragraph {block:,} of {self.editor.document().blockCount():,}")

    def to_draft(self) -> None:
        """Put away what lies over the draft, or stop the critique that is being written; then back to the caret."""
        if self.card.isHidden() and self.find_bar.isHidden():
            self.critique.asking.stop()
        self.card.hide()
        self.find_bar.hide()
        self.editor.setFocus()

    # --- the model ------------------------------------------------------------------------------------------------

    def choose_model(self) -> None:
        """Ask for a GGUF file and load it."""
        path = dialogs.ask_for_model(self)
        if path:
            self.load_model(path)

    def load_model(self, path: str) -> None:
        """Load a model; until it stands, the one in use stays."""
        self._wanted_model = path
        self.status.show_state(f"Loading {Path(path).name}…")
        self.scoring.load_model(path)

    def _model_changed(self, event: ModelLoaded) -> None:
        self.status.show_model(event.model)
        self.settings.model = "" if event.model.path == str(reference_model()) else event.model.path
        if event.notice:
            self.notices.tell(event.notice)

    def _scoring_failed(self, message: str) -> None:
        self.notices.tell(message)
        self.status.show_state("")
        if self.scoring.model is not None:
            return
        self.status.show_model(None)
        if self._wanted_model != str(reference_model()):
            # The writer's own model is gone or broken: the one that ships always works.
            self.load_model(str(reference_model()))

    # --- the draft ------------------------------------------------------------------------------------------------

    def new(self) -> None:
        """Begin an empty draft."""
        if self._may_leave():
            self.file.new()

    def open_dialog(self) -> None:
        """Ask for a draft and open it."""
        if self._may_leave() and (path := dialogs.ask_for_draft(self, self.file.path)):
            self.open(Path(path))

    def open(self, path: Path) -> None:
        """Open a draft; if it cannot be, say so and keep what is open."""
        try:
            self.file.open(path)
        except DocumentError as error:
            self.notices.tell(str(error))

    def save(self) -> bool:
        """Save; False if it was not saved, which the writer is told."""
        return self._save(self.file.path) if self.file.path is not None else self.save_as()

    def save_as(self) -> bool:
        """Ask for a name and save."""
        path = dialogs.ask_where_to_save(self, self.file.path)
        return self._save(Path(path)) if path else False

    def _save(self, path: Path | None, *, force: bool = False, shorter: bool = False) -> bool:
        self.brief_panel.flush()
        try:
            self.file.save(path, force=force, confirm_shorter=shorter)
        except ChangedOutsideError as error:
            self.notices.tell(
                str(error),
                [
                    ("Save over it", lambda: self._save(path, force=True, shorter=shorter)),
                    ("Load it", lambda: self.open(self.file.path) if self.file.path else None),
                ],
            )
        except MuchShorterError as error:
            self.notices.tell(str(error), [("Save all the same", lambda: self._save(path, force=force, shorter=True))])
        except DocumentError as error:
            self.notices.tell(str(error), [("Save as…", self.save_as)])
        else:
            return True
        return False

    def _opened(self) -> None:
        sidecar = self.file.sidecar
        self.editor.set_ignored(frozenset(sidecar.ignored))
        self.brief_panel.show_brief(sidecar.brief, self.file.sidecar_place())
        self.scoring.reset(sidecar.brief)
        self.word_count.count()
        self._show_name()
        self._show_position()
        self._marks_changed()

    def _show_name(self) -> None:
        saved = "Edited" if self.file.modified else "Saved" if self.file.path else ""
        self.header.show_name(self.file.name, saved)
        self.setWindowTitle(f"{self.file.name}[*] - CQA Desktop")
        self.setWindowModified(self.file.modified)
        self.brief_panel.show_place(self.file.sidecar_place())

    def _brief_changed(self, brief: Brief) -> None:
        self.file.set_brief(brief)
        self.scoring.set_brief(brief)

    def _offer_recovered(self, found: Recovered) -> None:
        name = found.path.name if found.path else "an unnamed draft"

        def restore() -> None:
            try:
                self.file.restore(found)
            except DocumentError as error:
                self.notices.tell(str(error))

        def discard() -> None:
            found.file.unlink(missing_ok=True)

        self.notices.tell(f"Unsaved text of {name} was kept.", [("Restore", restore), ("Discard", discard)])

    def _may_leave(self) -> bool:
        """Whether the draft that is open may go: it is saved, or its writer lets the changes go."""
        self.brief_panel.flush()
        if not self.file.modified:
            return True
        answer = dialogs.ask_to_save(self, self.file.name)
        return self.save() if answer is dialogs.Answer.SAVE else answer is dialogs.Answer.DISCARD

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow() and self.file.changed_outside():
            path = self.file.path
            if path is not None:
                self.notices.tell(
                    f"{path.name} was changed by another program.", [("Load it", lambda: self.open(path))]
                )

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_leave() or not self.teaching.close():
            event.ignore()
            return
        self.settings.geometry = self.saveGeometry()
        self.critique.close()
        self.compare.close()
        self.file.close()
        self.bridge.close()
        event.accept()
