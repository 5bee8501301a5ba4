"""WeCom's smart bot: one long connection in and out, markdown in which nothing of ours is live, cards for buttons.

The way of a frame: `connection` → the inbox → `events` (what it means) → the conversation → `replies` (markdown by
`markdown`, cards) → `connection`. `service` builds it all.
"""
