"""The request line as people type it, and nothing but the request line."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.server import RawRequestLine

GET = "GET /?q=中 HTTP/1.1\r\nHost: a\r\n\r\n".encode()
ENCODED = b"GET /?q=%E4%B8%AD HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /t HTTP/1.1\r\nContent-Length: 30\r\n\r\n"
BODY = GET[:30]


class Inner(asyncio.Protocol):
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.got = b""

    def data_received(self, data: bytes) -> None:
        self.got += data


def passed(*pieces: bytes) -> bytes:
    """What comes through when these pieces come in, one after another."""
    inner = Inner()
    line = RawRequestLine(inner)
    for piece in pieces:
        line.data_received(piece)
    line.eof_received()
    return inner.got


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_hanzi_in_the_first_line_are_encoded_however_the_bytes_come_in(size: int) -> None:
    sent = GET + GET
    assert passed(*(sent[at : at + size] for at in range(0, len(sent), size))) == ENCODED * 2


@pytest.mark.parametrize("before", [POST, b"GET / HTTP/1.1\r\ncontent-length: 30\r\n\r\n"])
def test_what_may_be_a_body_is_never_touched_also_where_it_looks_like_a_request(before: bytes) -> None:
    assert passed(before, BODY, GET) == before + BODY + GET
    assert passed(GET, before + GET) == ENCODED + before + GET


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_what_has_no_odd_byte_comes_through_as_it_was(pieces: list[bytes]) -> None:
    plain = [bytes(byte & 0x7F for byte in piece) for piece in pieces]
    assert passed(*plain) == b"".join(plain)
