"""The schema that the JSON keeps, closed against anything unsaid."""

from __future__ import annotations

from pydantic import TypeAdapter

from knowledge.schemas import AnswerJson, CheckJson, FactJson, ListingJson

ANSWER = TypeAdapter(AnswerJson)
FACT = TypeAdapter(FactJson)
CHECK = TypeAdapter(CheckJson)
LISTING = TypeAdapter(ListingJson)
