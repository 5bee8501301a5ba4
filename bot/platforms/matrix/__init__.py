"""Matrix: one poller of /sync into a durable inbox, gaps walked; answers as notices, plain and HTML, never markup.

The way of an event: `receiving` → the inbox → `events` (what it means; `rooms` knows who is there) → the
conversation → `bodies` → `client`. `service` builds it all.
"""
