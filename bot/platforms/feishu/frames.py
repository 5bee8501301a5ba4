"""The frames of the long connection: nine protobuf fields, read and written without a library.

Message `pbbp2.Frame` of larksuite/oapi-sdk-python, ws/pb; wire format as protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

CONTROL, DATA = 0, 1
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
SEQUENCE, LOG, SERVICE, METHOD, HEADER, ENCODING, KIND, PAYLOAD, NEW_LOG = range(1, 10)


class BrokenFrame(ValueError):
    """Bytes that are no frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; `method` is `CONTROL` or `DATA`, the headers say what kind of it."""

    method: int
    headers: Mapping[str, str] = field(default_factory=dict)
    payload: bytes = b""
    service: int = 0
    sequence: int = 0
    log: int = 0

    def encode(self) -> bytes:
        """Return the frame's bytes."""
        numbers = ((SEQUENCE, self.sequence), (LOG, self.log), (SERVICE, self.service), (METHOD, self.method))
        parts = [_varint(number << 3 | VARINT) + _varint(value) for number, value in numbers]
        for name, value in self.headers.items():
            parts.append(_bytes(HEADER, _bytes(1, name.encode()) + _bytes(2, value.encode())))
        if self.payload:
            parts.append(_bytes(PAYLOAD, self.payload))
        return b"".join(parts)


def decode(data: bytes) -> Frame:
    """Read a frame; fields that we have no use for are passed over.

    Raises:
        BrokenFrame: it is cut off, or no frame at all.
    """
    numbers: dict[int, int] = {}
    headers: dict[str, str] = {}
    payload = b""
    for number, value in _fields(data):
        if number == HEADER and isinstance(value, bytes):
            pair = dict(_fields(value))
            headers[_text(pair.get(1))] = _text(pair.get(2, b""))
        elif number == PAYLOAD and isinstance(value, bytes):
            payload = value
        elif isinstance(value, int):
            numbers[number] = value
    if METHOD not in numbers:
        raise BrokenFrame("a frame without a method")
    return Frame(
        numbers[METHOD],
        headers,
        payload,
        numbers.get(SERVICE, 0),
        numbers.get(SEQUENCE, 0),
        numbers.get(LOG, 0),
    )


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        kind = key & 7
        if kind == VARINT:
            value, at = _read_varint(data, at)
            yield key >> 3, value
            continue
        if kind == BYTES:
            size, at = _read_varint(data, at)
        elif kind in (FIXED32, FIXED64):
            size = 4 if kind == FIXED32 else 8
        else:
            raise BrokenFrame(f"wire type {kind}")
        if at + size > len(data):
            raise BrokenFrame("cut off")
        yield key >> 3, data[at : at + size]
        at += size


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise BrokenFrame("cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise BrokenFrame("a number without end")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | BYTES) + _varint(len(value)) + value


def _text(value: int | bytes | None) -> str:
    if not isinstance(value, bytes):
        raise BrokenFrame("a header that is no text")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise BrokenFrame("a header that is no text") from None


LARGEST_EVENT = 1024 * 1024
MOST_PIECES = 64
WAITING_EVENTS = 64


class Pieces:
    """Puts events together that came in several frames; what never becomes whole is forgotten for newer ones."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[int, bytes]] = {}

    def add(self, frame: Frame) -> bytes | None:
        """Return the event's whole body, or None while pieces of it are missing.

        Raises:
            BrokenFrame: the headers do not say which piece it is, or there are too many or too large ones.
        """
        try:
            count, number = int(frame.headers.get("sum", "1")), int(frame.headers.get("seq", "0"))
        except ValueError:
            raise BrokenFrame("sum and seq are no numbers") from None
        if count <= 1:
            return frame.payload
        if count > MOST_PIECES or not 0 <= number < count:
            raise BrokenFrame(f"piece {number} of {count}")
        name = frame.headers.get("message_id", "")
        pieces = self._waiting.pop(name, {})
        pieces[number] = frame.payload
        if sum(map(len, pieces.values())) > LARGEST_EVENT:
            raise BrokenFrame(f"an event of more than {LARGEST_EVENT} bytes")
        if len(pieces) == count:
            return b"".join(pieces[at] for at in range(count))
        self._waiting[name] = pieces
        while len(self._waiting) > WAITING_EVENTS:
            del self._waiting[next(iter(self._waiting))]
        return None
