"""A mail saved as a file (.eml): its subject is the title, whoever sent it the author, and its text is read as what it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from typing import Final, TypeVar

from knowledge.documents.html import read_html
from knowledge.documents.plain import read_plain
from knowledge.documents.text import Extract, decode_text
from knowledge.errors import UnreadableFile
from knowledge.model import BlockRole, Metadata, Skipped

_LONGEST: Final = 300
_T = TypeVar("_T")


def read_mail(name: str, data: bytes) -> Extract:
    """Extract the text of a mail; line n is line n of its plain text, or of its page where it has no other.

    Raises:
        UnreadableFile: it is no mail, or has no text.
    """
    mail = message_from_bytes(data, policy=default)
    subject = _told(lambda: _decoded(mail["subject"]), "")
    sender = _told(lambda: _decoded(mail["from"].addresses[0].display_name), "")
    day = _told(lambda: mail["date"].datetime.date(), None)
    body, page = (_told(partial(_body, mail, kind), b"") for kind in ("plain", "html"))
    nothing: list[str] = []
    attached = _told(lambda: [each.get_filename("")[:_LONGEST] for each in mail.iter_attachments()], nothing)
    if not (subject or mail.get("from")) or not (body.strip() or page):
        raise UnreadableFile(name, "不是邮件，或没有文字", "在邮箱里重新导出为 .eml")
    extract = read_plain(name, body, letter=True) if body.strip() else read_html(name, page)
    text = tuple(
        replace(block, role=BlockRole.PARAGRAPH) if block.role is BlockRole.TITLE else block
        for block in extract.blocks
    )
    stated = Metadata(title=subject or None, date=day, author=sender or None)
    missing = (Skipped(f"{name}!/{each}", "邮件的附件没有读", "把附件单独放入") for each in attached)
    return replace(extract, kind="mail", stated=stated, blocks=text, missing=(*extract.missing, *missing))


def _decoded(header: str) -> str:
    """A field of the head; what stands in it as bytes, against the rules, in their encoding."""
    return " ".join(decode_text("", header.encode("utf-8", "surrogateescape"))[0].split())[:_LONGEST]


def _body(mail: EmailMessage, kind: str) -> bytes:
    part = mail.get_body((kind,))
    return bytes(part.get_payload(decode=True)) if part is not None else b""


def _told(ask: Callable[[], _T], otherwise: _T) -> _T:
    """What is asked of a mail; the library answers what breaks its grammar with errors of any kind."""
    with suppress(Exception):
        return ask()
    return otherwise
