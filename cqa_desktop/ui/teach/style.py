"""What the studio adds to the window's style."""

from __future__ import annotations

from cqa_desktop.ui import theme as themes
from cqa_desktop.ui.theme import Theme


def style_sheet(theme: Theme) -> str:
    """The window's style, and the studio's on top."""
    return (
        themes.style_sheet(theme)
        + f"""
    QWidget#paper, QWidget#paper > QWidget {{ background: {theme.paper}; }}
    QTextEdit#passage, QPlainTextEdit#pasted {{ background: {theme.paper}; border: none; color: {theme.ink};
        selection-background-color: {theme.selection}; selection-color: {theme.ink}; }}
    QFrame#rule {{ background: {theme.line}; border: none; }}
    QLabel#caps {{ color: {theme.quiet}; font-weight: 600; font-size: 11px; }}
    QLabel#fine {{ color: {theme.quiet}; }}
    QPushButton#primary {{ background: {theme.accent}; color: {theme.paper}; font-weight: 600; }}
    QPushButton#primary:hover {{ background: {theme.ink}; }}
    QPushButton#primary:focus {{ border-color: {theme.ink}; }}
    QPushButton:disabled, QPushButton#primary:disabled {{ background: {theme.control}; color: {theme.predictable}; }}
    QPushButton#flat:disabled {{ background: transparent; color: {theme.predictable}; }}
    QPushButton#segment {{ padding: 5px 10px; border: 1px solid {theme.line}; background: transparent;
        color: {theme.quiet}; }}
    QPushButton#segment:hover {{ color: {theme.ink}; background: {theme.control}; }}
    QPushButton#segment:checked {{ background: {theme.control_hover}; color: {theme.ink}; font-weight: 600;
        border-color: {theme.control_hover}; }}
    QPushButton#segment:focus {{ border-color: {theme.accent}; }}
    QFrame#turn {{ background: {theme.paper}; border: 1px solid {theme.line}; border-radius: 8px; }}
    QFrame#turn:focus {{ border-color: {theme.accent}; }}
    QListWidget {{ background: {theme.paper}; border: 1px solid {theme.line}; border-radius: 8px; padding: 3px;
        outline: none; }}
    QListWidget:focus {{ border-color: {theme.accent}; }}
    QListWidget::item {{ border-radius: 6px; padding-left: 4px; }}
    QListWidget::item:selected {{ background: {theme.selection}; color: {theme.ink}; }}
    QPlainTextEdit#command {{ background: {theme.paper}; border: 1px solid {theme.line}; border-radius: 6px;
        padding: 6px; font-family: monospace; }}
    QPlainTextEdit#command:focus {{ border-color: {theme.accent}; }}
    QProgressBar {{ background: {theme.track}; border: none; border-radius: 4px; max-height: 8px; }}
    QProgressBar::chunk {{ background: {theme.accent}; border-radius: 4px; }}
    """
    )
