"""A mail saved as a file (.eml): its subject is the title, whoever sent it the author, and its text is read as what it is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Final

from knowledge.documents.html import read_html
from knowledge.documents.plain import read_letter
from knowledge.documents.text import Extract
from knowledge.errors import UnreadableFile
from knowledge.model import Metadata, Skipped

_LONGEST: Final = 300


def read_mail(name: str, data: bytes) -> Extract:
    """Extract the text of a mail; line n is line n of its plain text, or of its page where it has no other.

    Raises:
        UnreadableFile: it is no mail, or has no text.
    """
    mail = message_from_bytes(data, policy=default)
    subject = _header(mail, "subject")
    body, page = (_body(mail, kind) for kind in ("plain", "html"))
    if not (subject or _header(mail, "from")) or not (body.strip() or page):
        raise UnreadableFile(name, "不是邮件，或没有文字", "在邮箱里重新导出为 .eml")
    extract = read_letter(name, body) if body.strip() else read_html(name, page)
    stated = Metadata(title=subject or None, date=_day(mail), author=_sender(mail) or None)
    missing = (
        Skipped(f"{name}!/{attached}", "邮件的附件没有读", "把附件单独放入") for attached in _attached(mail)
    )
    return replace(extract, kind="mail", stated=stated, missing=(*extract.missing, *missing))


def _attached(mail: EmailMessage) -> list[str]:
    with suppress(Exception):
        return [part.get_filename("")[:_LONGEST] for part in mail.walk() if part.is_attachment()]
    return []


def _header(mail: EmailMessage, field: str) -> str:
    """A field of the head, decoded; empty where it breaks the grammar, which the library answers with any error."""
    with suppress(Exception):
        return " ".join(str(mail[field] or "").split())[:_LONGEST]
    return ""


def _sender(mail: EmailMessage) -> str:
    with suppress(Exception):
        return str(mail["from"].addresses[0].display_name)[:_LONGEST]
    return ""


def _day(mail: EmailMessage) -> date | None:
    with suppress(Exception):
        sent: date = mail["date"].datetime.date()
        return sent
    return None


def _body(mail: EmailMessage, kind: str) -> bytes:
    with suppress(Exception):
        part = mail.get_body((kind,))
        found = part.get_payload(decode=True) if part is not None else None
        return found if isinstance(found, bytes) else b""
    return b""
