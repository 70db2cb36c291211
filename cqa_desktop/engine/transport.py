"""Messages on a pipe: four bytes of length, big-endian, then msgpack."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final, TypeVar

import msgspec

from cqa_desktop.engine.errors import EngineError

LENGTH: Final = struct.Struct(">I")
MAX_MESSAGE: Final = 256 * 1024 * 1024
"""Bytes; a draft of ten megabytes with all its results stays far below."""

Message = TypeVar("Message")

_encoder = msgspec.msgpack.Encoder()


class TransportError(EngineError):
    """The other side sent what cannot be understood, or broke off in the middle of a message."""


def encode(message: msgspec.Struct) -> bytes:
    """The message with its length in front.

    Raises:
        TransportError: if it is larger than MAX_MESSAGE.
    """
    body = _encoder.encode(message)
    if len(body) > MAX_MESSAGE:
        raise TransportError(f"a message of {len(body):,} bytes is too large: at most {MAX_MESSAGE:,} can be sent")
    return LENGTH.pack(len(body)) + body


def write_message(stream: BinaryIO, message: msgspec.Struct) -> None:
    """Write one message, and see that it leaves.

    Raises:
        TransportError: if it is larger than MAX_MESSAGE.
        OSError: if the other side is gone.
    """
    stream.write(encode(message))
    stream.flush()


def read_messages(stream: BinaryIO, decoder: msgspec.msgpack.Decoder[Message]) -> Iterator[Message]:
    """Messages until the stream ends between two of them.

    Raises:
        TransportError: for a message that is too large, cut short, or not one that the decoder knows.
    """
    while (body := _read_body(stream)) is not None:
        try:
            message = decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise TransportError(f"a message cannot be understood ({error})") from error
        yield message


def _read_body(stream: BinaryIO) -> bytes | None:
    head = _read_exactly(stream, LENGTH.size)
    if not head:
        return None
    if len(head) < LENGTH.size:
        raise TransportError("a message broke off")
    (length,) = LENGTH.unpack(head)
    if length > MAX_MESSAGE:
        raise TransportError(f"a message claims {length:,} bytes: at most {MAX_MESSAGE:,} are read")
    body = _read_exactly(stream, length)
    if len(body) < length:
        raise TransportError("a message broke off")
    return body


def _read_exactly(stream: BinaryIO, count: int) -> bytes:
    """`count` bytes, or fewer at the end of the stream."""
    parts: list[bytes] = []
    while count > 0:
        part = stream.read(count)
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
