from __future__ import annotations

import io
import os
import threading

import msgspec
import pytest

from cqa_desktop.engine import transport
from cqa_desktop.engine.messages import (
    AnyEvent,
    AnyRequest,
    Hello,
    JobFailed,
    LoadModel,
    ParagraphScores,
    ScoreDocument,
    ScoresReady,
)
from cqa_desktop.engine.transport import TransportError, read_messages, write_message
from cqa_desktop.measure.types import Brief, Information, Mark, PassageMeasure, Percentile

EVENTS = msgspec.msgpack.Decoder(AnyEvent)
REQUESTS = msgspec.msgpack.Decoder(AnyRequest)

PASSAGE = PassageMeasure(
    0, 9, "earned", 3, 2, {"bare": 1.0}, {"bare": 2.0}, {"bare": 0.5},
    Information(1.0, 2.0, 3.0, 0.5), Percentile(1.0, 2.0, 3.0, 4.0, 5.0), (Mark(0, 4, "stock"),),
)  # fmt: skip


def framed(*messages: msgspec.Struct) -> bytes:
    stream = io.BytesIO()
    for message in messages:
        write_message(stream, message)
    return stream.getvalue()


def test_messages_arrive_as_they_were_sent() -> None:
    events = [
        Hello(1, 2),
        ScoresReady(1, "d", 2, [ParagraphScores(0, 9, 2**56 - 1, [PASSAGE])], 1, 3),
    ]
    assert list(read_messages(io.BytesIO(framed(*events)), EVENTS)) == events
    requests = [LoadModel(1, "m.gguf"), ScoreDocument(2, "d", 1, "ä🙂", Brief("a", "b", "c"), 3, {0: 2**56 - 1})]
    assert list(read_messages(io.BytesIO(framed(*requests)), REQUESTS)) == requests


def test_a_message_in_small_pieces_through_a_pipe() -> None:
    read, write = os.pipe()
    raw = framed(JobFailed(1, "x" * 300_000))

    def send() -> None:
        with os.fdopen(write, "wb", 0) as stream:
            for start in range(0, len(raw), 1000):
                stream.write(raw[start : start + 1000])

    sender = threading.Thread(target=send)
    sender.start()
    with os.fdopen(read, "rb", 0) as stream:
        assert list(read_messages(stream, EVENTS)) == [JobFailed(1, "x" * 300_000)]
    sender.join()


@pytest.mark.parametrize(
    "raw", [b"\x00\x00", framed(Hello(1, 2))[:-1], b"\x00\x00\x00\x03abc", b"\x00\x00\x00\x01\xc0"]
)
def test_what_is_broken_off_or_not_a_message(raw: bytes) -> None:
    with pytest.raises(TransportError) as raised:
        list(read_messages(io.BytesIO(raw), EVENTS))
    assert "\n" not in str(raised.value)


def test_a_size_that_cannot_be_true_is_not_waited_for() -> None:
    with pytest.raises(TransportError, match="at most"):
        list(read_messages(io.BytesIO(b"\xff\xff\xff\xff" + b"x" * 100), EVENTS))


def test_a_message_too_large_to_send(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_MESSAGE", 100)
    with pytest.raises(TransportError, match="too large"):
        write_message(io.BytesIO(), JobFailed(1, "x" * 200))
