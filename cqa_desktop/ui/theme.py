"""Colours and type: paper first, chrome quiet, marks calm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette

ThemeName = Literal["system", "light", "dark"]
THEMES: Final[tuple[ThemeName, ...]] = ("system", "light", "dark")

SERIFS: Final = (
    "EB Garamond", "Iowan Old Style", "Charter", "Source Serif 4", "Palatino Linotype", "Palatino", "Crimson Pro",
    "Libertinus Serif", "Linux Libertine O", "Gentium Book Plus", "Georgia", "Cambria", "Noto Serif",
    "Liberation Serif", "DejaVu Serif",
)  # fmt: skip
"""Good ones first; the first that the system has is used."""
SANS: Final = ("Inter", "SF Pro Text", "Segoe UI", "Noto Sans", "Cantarell", "Ubuntu", "DejaVu Sans")


@dataclass(frozen=True)
class Theme:
    """The colours of one theme."""

    dark: bool
    paper: str
    chrome: str
    line: str
    ink: str
    quiet: str
    control: str
    control_hover: str
    accent: str
    selection: str
    earned: str
    earned_tint: str
    unexplained: str
    unexplained_tint: str
    predictable: str
    steady: str
    """Bars of passages that are not marked."""
    track: str
    """What a bar runs in."""

    def of(self, kind: str) -> QColor:
        """The colour of a class."""
        return QColor(
            {"earned": self.earned, "unexplained": self.unexplained, "predictable": self.predictable}.get(
                kind, self.quiet
            )
        )


LIGHT: Final = Theme(
    dark=False,
    paper="#fffefb",
    chrome="#faf9f5",
    line="#e4e1d8",
    ink="#1f2023",
    quiet="#6a6d74",
    control="#f0eee6",
    control_hover="#e7e4d9",
    accent="#3b5bb5",
    selection="#cfdcf5",
    earned="#0b7a5b",
    earned_tint="#e2f1ea",
    unexplained="#b54708",
    unexplained_tint="#fbe9dc",
    predictable="#767b87",
    steady="#dcdace",
    track="#e6e4da",
)
DARK: Final = Theme(
    dark=True,
    paper="#1e1f22",
    chrome="#17181b",
    line="#2c2e33",
    ink="#e7e6e2",
    quiet="#969ba5",
    control="#26282c",
    control_hover="#303338",
    accent="#8f9ff5",
    selection="#34456b",
    earned="#4bc7a0",
    earned_tint="#1f3a32",
    unexplained="#ff9a4d",
    unexplained_tint="#43301f",
    predictable="#8d93a0",
    steady="#33353a",
    track="#2c2e33",
)


def theme_for(name: ThemeName) -> Theme:
    """The theme of that name; `system` follows the desktop."""
    if name == "system":
        return DARK if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT
    return DARK if name == "dark" else LIGHT


def serif(pixels: float) -> QFont:
    """The draft's typeface."""
    return _font(SERIFS, pixels, QFont.StyleHint.Serif)


def sans(pixels: float) -> QFont:
    """The window's typeface."""
    return _font(SANS, pixels, QFont.StyleHint.SansSerif)


def _font(families: tuple[str, ...], pixels: float, hint: QFont.StyleHint) -> QFont:
    present = set(QFontDatabase.families())
    font = QFont([family for family in families if family in present] or [families[-1]])
    font.setStyleHint(hint)
    font.setPixelSize(round(pixels))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def qt_palette(theme: Theme) -> QPalette:
    """For what the style sheet does not reach: dialogs, menus, selections."""
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.chrome,
        QPalette.ColorRole.WindowText: theme.ink,
        QPalette.ColorRole.Base: theme.paper,
        QPalette.ColorRole.AlternateBase: theme.chrome,
        QPalette.ColorRole.Text: theme.ink,
        QPalette.ColorRole.Button: theme.control,
        QPalette.ColorRole.ButtonText: theme.ink,
        QPalette.ColorRole.ToolTipBase: theme.paper,
        QPalette.ColorRole.ToolTipText: theme.ink,
        QPalette.ColorRole.PlaceholderText: theme.quiet,
        QPalette.ColorRole.Highlight: theme.selection,
        QPalette.ColorRole.HighlightedText: theme.ink,
        QPalette.ColorRole.Mid: theme.line,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.quiet))
    return palette


def style_sheet(theme: Theme) -> str:
    """The window's style."""
    return f"""
    QMainWindow, #panel, #header, #status {{ background: {theme.chrome}; }}
    QWidget {{ color: {theme.ink}; }}
    #header {{ border-bottom: 1px solid {theme.line}; }}
    #status {{ border-top: 1px solid {theme.line}; }}
    #panel {{ border-left: 1px solid {theme.line}; }}
    #strip {{ border-left: 1px solid {theme.line}; background: {theme.chrome}; }}
    #draft {{ background: {theme.paper}; border: none; color: {theme.ink};
        selection-background-color: {theme.selection}; selection-color: {theme.ink}; }}
    #name {{ font-weight: 600; }}
    .quiet, #saved, #status QLabel {{ color: {theme.quiet}; }}
    QToolButton, QPushButton {{ background: {theme.control}; border: 1px solid transparent; border-radius: 7px;
        padding: 5px 12px; }}
    QToolButton:hover, QPushButton:hover {{ background: {theme.control_hover}; }}
    QPushButton:checked, #notice QPushButton {{ background: {theme.control_hover}; }}
    #notice QPushButton#flat {{ background: transparent; }}
    QToolButton:focus, QPushButton:focus {{ border-color: {theme.accent}; }}
    QToolButton#flat, QPushButton#flat {{ background: transparent; padding: 4px 6px; color: {theme.quiet}; }}
    QToolButton#flat:hover, QPushButton#flat:hover {{ color: {theme.ink}; }}
    QToolButton#flat::menu-indicator {{ image: none; }}
    QTabBar {{ background: transparent; }}
    QTabBar::tab {{ background: transparent; border: none; border-bottom: 2px solid transparent;
        padding: 13px 2px 11px 2px;
        margin: 0 18px 0 0; color: {theme.quiet}; }}
    QTabBar::tab:selected {{ color: {theme.ink}; border-bottom-color: {theme.accent}; font-weight: 600; }}
    QTabBar::tab:focus {{ color: {theme.accent}; }}
    #tabs {{ border-bottom: 1px solid {theme.line}; }}
    QPlainTextEdit#field, QTextEdit#field {{ background: {theme.paper}; border: 1px solid {theme.line};
        border-radius: 6px;
        padding: 5px; }}
    QPlainTextEdit#field:focus, QTextEdit#field:focus, QLineEdit:focus {{ border-color: {theme.accent}; }}
    QLineEdit {{ background: {theme.paper}; border: 1px solid {theme.line}; border-radius: 6px; padding: 5px 8px;
        selection-background-color: {theme.selection}; selection-color: {theme.ink}; }}
    QPushButton#link {{ background: transparent; padding: 4px 1px; color: {theme.quiet}; }}
    QPushButton#link:hover, QPushButton#link:checked {{ color: {theme.ink}; }}
    QPushButton#link::menu-indicator {{ image: none; width: 0; }}
    #done {{ border-top: 1px solid {theme.line}; }}
    #rule {{ background: {theme.line}; border: none; }}
    QPushButton#small {{ padding: 3px 10px; }}
    QPushButton#filter {{ background: transparent; padding: 3px 9px; color: {theme.quiet}; }}
    QPushButton#filter:hover {{ color: {theme.ink}; }}
    QPushButton#filter:checked {{ background: {theme.control_hover}; color: {theme.ink}; }}
    QPushButton#choice {{ background: transparent; padding: 3px 9px; text-align: left; color: {theme.quiet}; }}
    QPushButton#choice:hover {{ color: {theme.ink}; }}
    QPushButton#choice:checked {{ background: {theme.control_hover}; color: {theme.ink}; }}
    QPushButton:disabled {{ color: {theme.quiet}; }}
    #note {{ background: {theme.paper}; border: 1px solid {theme.line}; border-radius: 9px; }}
    #note[current="true"], #note:focus {{ border-color: {theme.accent}; }}
    #card {{ background: {theme.paper}; border: 1px solid {theme.line}; border-radius: 9px; }}
    #notice {{ background: {theme.control}; border-bottom: 1px solid {theme.line}; }}
    QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
    QScrollBar:vertical {{ background: transparent; width: 11px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {theme.control_hover}; border-radius: 4px; min-height: 32px;
        margin: 1px 3px; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
        background: none; height: 0; }}
    QMenu {{ background: {theme.paper}; border: 1px solid {theme.line}; padding: 5px; }}
    QMenu::item {{ padding: 5px 26px 5px 18px; border-radius: 5px; }}
    QMenu::item:selected {{ background: {theme.control_hover}; }}
    QMenu::item:disabled {{ color: {theme.quiet}; }}
    QMenu::separator {{ height: 1px; background: {theme.line}; margin: 5px 8px; }}
    QToolTip {{ background: {theme.paper}; color: {theme.ink}; border: 1px solid {theme.line}; padding: 4px; }}
    """
