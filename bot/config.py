"""The environment, read here and nowhere else."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting, all optional (DESIGN section 5)."""

    model_config = SettingsConfigDict(env_prefix="CHUCHU_", env_file=".env", extra="ignore")

    articles: Path = Path("seeds")
    data: Path = Path("var")
    http: str = "127.0.0.1:8080"
