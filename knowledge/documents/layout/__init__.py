"""Pure geometry: the glyphs of a newspaper page, in whatever order they were drawn, become blocks in reading order."""
