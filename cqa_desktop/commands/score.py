"""`cqa score`: files, or rows of JSON lines, scored with the model loaded once."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cqa_desktop.commands.errors import CommandError
from cqa_desktop.commands.interrupts import interruptible
from cqa_desktop.commands.session import json_line, open_scorer, progress_bar, warn
from cqa_desktop.documents.errors import DocumentError
from cqa_desktop.documents.files import decode_text, read_text, write_atomically
from cqa_desktop.documents.sidecar import brief_from, load_brief, load_sidecar
from cqa_desktop.engine.llama import LlamaModel
from cqa_desktop.engine.scorer import Scorer
from cqa_desktop.measure.explain import unread_notice
from cqa_desktop.measure.language import unread_share
from cqa_desktop.measure.types import Brief
from cqa_desktop.models.registry import score_cache
from cqa_desktop.report.page import html_page
from cqa_desktop.report.plain import plain_report
from cqa_desktop.report.records import score_record
from cqa_desktop.report.scored import ScoredText, scored_text
from cqa_desktop.text.line_breaks import unify_line_breaks

Stop = Callable[[], bool]


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "score",
        help="mark where drafts surprise",
        description="Mark where drafts are surprising and earn it, where nothing explains the surprise, and where they "
        "are predictable.",
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="drafts (.txt, .md); - is standard input")
    parser.add_argument("--jsonl", type=Path, metavar="IN", help="rows of {id, text, context?, brief?}, one a line")
    briefs = parser.add_mutually_exclusive_group()
    briefs.add_argument(
        "--brief", type=Path, help="brief.toml (default: the draft's own NAME.cqa.toml, if there is one)"
    )
    briefs.add_argument("--no-brief", action="store_true", help="leave the draft's own brief out")
    parser.add_argument("--model", type=Path, metavar="GGUF", help="default: the reference model")
    parser.add_argument("--adapter", type=Path, metavar="GGUF", help="a LoRA over the model")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--text", action="store_true", help="the marked passages and a summary (the default)")
    shape.add_argument("--json", action="store_true", help="one JSON object a draft, one a line")
    shape.add_argument("--html", type=Path, metavar="OUT", help="write one self-contained page")
    parser.add_argument("--tokens", action="store_true", help="every token's figures too, in JSON")
    parser.add_argument("--words", action="store_true", help="every word's surprisal too, its end included, in JSON")
    parser.add_argument("--fields", action="store_true", help="also one view for each field of the brief, in JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Score what was asked for; 0, 1 if a row of JSON lines was bad, or 2 if a file was.

    Raises:
        CommandError: for what nothing can be done about: arguments, the brief, the model.
    """
    if bool(arguments.files) == bool(arguments.jsonl):
        raise CommandError("score: name the files to score, or one file of rows with --jsonl")
    if arguments.jsonl and not arguments.json:
        raise CommandError("score: rows of JSON lines give JSON - add --json")
    for name in ("tokens", "words", "fields"):
        if getattr(arguments, name) and not arguments.json:
            raise CommandError(f"score: --{name} goes with --json")
    if arguments.html and not arguments.html.resolve().parent.is_dir():
        raise CommandError(f"{arguments.html}: there is no such folder - make it first")
    return _score_rows(arguments) if arguments.jsonl else _score_files(arguments)


# --- files --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Draft:
    """A file as it was read, and the brief it is read under."""

    name: str
    text: str
    brief: Brief


def _score_files(arguments: argparse.Namespace) -> int:
    brief = read_brief(arguments.brief)
    own = not arguments.no_brief
    drafts = [draft for file in arguments.files if (draft := read_draft(file, brief, own=own)) is not None]
    bad = len(drafts) < len(arguments.files)
    if not drafts:
        return 2
    with open_scorer(arguments.model, arguments.adapter, cache=score_cache()) as scorer, interruptible() as stop:
        page: list[ScoredText] = []
        for draft in drafts:
            scored = _score(scorer, draft, arguments.fields, stop)
            if arguments.json:
                record = score_record(scored, scorer.model, tokens=arguments.tokens, words=arguments.words)
                print(json_line(record))
            elif arguments.html:
                page.append(scored)
            else:
                print(plain_report(scored, scorer.model))
        if arguments.html:
            _write(arguments.html, html_page(page, scorer.model))
    return 2 if bad else 0


def read_draft(file: Path, brief: Brief | None, *, own: bool) -> Draft | None:
    """A draft, or None where it cannot be read or is empty, which is told.

    Args:
        brief: in place of the draft's own, which is read only if `own`.
    """
    try:
        if str(file) == "-":
            text, notices = decode_text(file, sys.stdin.buffer.read())
            found = Brief()
        else:
            text, notices = read_text(file)
            found = load_sidecar(file).brief if brief is None and own else Brief()
        for notice in notices:
            warn(f"{file}: {notice}")
    except DocumentError as error:
        warn(str(error))
        return None
    if not text.strip():
        warn(f"{file}: is empty - there is nothing to score")
        return None
    return Draft(str(file), text, found if brief is None else brief)


def read_brief(path: Path | None) -> Brief | None:
    """The brief in a file; None for no file.

    Raises:
        CommandError: if it cannot be read.
    """
    if path is None:
        return None
    try:
        return load_brief(path)
    except DocumentError as error:
        raise CommandError(str(error)) from error


def _score(scorer: Scorer[LlamaModel], draft: Draft, fields: bool, stop: Stop) -> ScoredText:
    source = unify_line_breaks(draft.text)
    with progress_bar(Path(draft.name).name) as advance:
        document = scorer.score(
            source.text,
            draft.brief,
            fields=fields,
            stop=stop,
            on_paragraphs=lambda _ready, done, total: advance(done, total),
        )
    if document.brief_trimmed:
        warn(f"{draft.name}: the brief is long; its end was left out to leave room for the story")
    if notice := unread_notice(scorer.model.file.name, unread_share(document.measures)):
        warn(f"{draft.name}: {notice}")
    return scored_text(draft.name, source, draft.brief, document)


def _write(path: Path, page: str) -> None:
    try:
        write_atomically(path, page.encode("utf-8"))
    except OSError as error:
        raise CommandError(f"{path}: cannot be written ({error.strerror}) - choose another place") from error


# --- rows ---------------------------------------------------------------------------------------------------------


class _Row(msgspec.Struct):
    id: str | int
    text: str
    context: str | None = None
    brief: dict[str, str] | None = None


_KEYS = ("id", "text", "context", "brief")


def _score_rows(arguments: argparse.Namespace) -> int:
    brief = read_brief(arguments.brief)
    lines = read_lines(arguments.jsonl)
    if not any(line.strip() for line in lines):
        raise CommandError(f"{arguments.jsonl}: holds no rows - write one JSON object a line")
    bad = False
    with (
        open_scorer(arguments.model, arguments.adapter) as scorer,
        interruptible() as stop,
        progress_bar(arguments.jsonl.name) as advance,
    ):
        for number, line in enumerate(lines, start=1):
            advance(number, len(lines))
            if not line.strip():
                continue
            try:
                row, own = _parse_row(line)
            except ValueError as error:
                warn(f"{arguments.jsonl}:{number}: {error}")
                bad = True
                continue
            _print_row(row, own if row.brief or brief is None else brief, scorer, arguments, stop)
    return 1 if bad else 0


def read_lines(path: Path) -> list[bytes]:
    """The lines of a file of JSON lines.

    Raises:
        CommandError: if it cannot be read.
    """
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read().splitlines()
        return path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    except OSError as error:
        raise CommandError(f"{path}: cannot be read ({error.strerror}) - check the name") from error


def _parse_row(line: bytes) -> tuple[_Row, Brief]:
    try:
        row = msgspec.json.decode(line, type=_Row)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"not a row of {{id, text, context?, brief?}} ({error}) - mend that line") from error
    for key in msgspec.json.decode(line, type=dict[str, msgspec.Raw]):
        # Other keys are the user's own; one that is nearly ours is a slip, and leaving it out would change the scores.
        near = [] if key in _KEYS else difflib.get_close_matches(key.lower(), _KEYS, n=1, cutoff=0.75)
        if near:
            raise ValueError(f"unknown key '{key}' - did you mean '{near[0]}'?")
    if not row.text.strip():
        raise ValueError("the text is empty - there is nothing to score")
    try:
        return row, brief_from(row.brief or {})
    except ValueError as error:
        raise ValueError(f"brief: {error}") from error


def _print_row(row: _Row, brief: Brief, scorer: Scorer[LlamaModel], arguments: argparse.Namespace, stop: Stop) -> None:
    source = unify_line_breaks(row.text)
    preceding = unify_line_breaks(row.context or "").text
    document = scorer.score(source.text, brief, fields=arguments.fields, preceding=preceding, stop=stop)
    scored = scored_text(str(row.id), source, brief, document)
    record = {
        "id": row.id,
        **score_record(scored, scorer.model, tokens=arguments.tokens, words=arguments.words),
    }
    print(json_line(record), flush=True)
