"""What a page is to the layout: glyphs, pictures and rules, in points, y growing upwards."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with left ≤ right and bottom ≤ top."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        """Right minus left."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Top minus bottom."""
        return self.top - self.bottom

    def across(self, other: Box) -> float:
        """How much of the x axis both cover; negative is the gap between them."""
        return min(self.right, other.right) - max(self.left, other.left)

    def along(self, other: Box) -> float:
        """How much of the y axis both cover; negative is the gap between them."""
        return min(self.top, other.top) - max(self.bottom, other.bottom)

    def joined(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.bottom, other.bottom),
            max(self.right, other.right),
            max(self.top, other.top),
        )


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character where it is printed.

    `box` spans the advance width and the font's height, `baseline` is the y it stands on. `after_space` tells
    that a space was drawn before it.
    """

    char: str
    box: Box
    baseline: float
    after_space: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Everything of one page that the reading order depends on; `rules` are vertical lines between columns."""

    box: Box
    glyphs: tuple[Glyph, ...]
    pictures: tuple[Box, ...] = ()
    rules: tuple[Box, ...] = ()
