"""The statements of the lanes for PostgreSQL; each is a transaction of its own."""

from __future__ import annotations

# The lanes come first and are locked in one order; a number is drawn only when its lane is ours to touch. Whoever holds a
# lane, or may have it, is told as the update is committed: a commit of its own would cost as much again.
_STORE = """
WITH lanes AS (
    INSERT INTO inbox_lanes AS l (platform, queue, owner) {lanes}
    ON CONFLICT (platform, queue) DO UPDATE SET touches = l.touches + 1
    RETURNING queue, owner, touches),
new AS (
    INSERT INTO inbox_updates (platform, id, queue, kind, body, received, attempts)
    SELECT %(platform)s, n.id, l.queue, n.kind, n.body, %(now)s, (l.owner IS NOT DISTINCT FROM %(me)s)::int
    FROM lanes l {updates} ON CONFLICT (platform, id) DO NOTHING
    RETURNING number, id, queue){position}
SELECT l.queue, l.owner, l.touches, n.number, n.id,
    CASE WHEN n.number IS NOT NULL AND l.owner IS DISTINCT FROM %(me)s
        THEN pg_notify('chuchu_inbox', %(platform)s || ' ' || coalesce(l.owner, '*')) END
FROM lanes l LEFT JOIN new n ON n.queue = l.queue ORDER BY n.number
"""
STORE_ONE = _STORE.format(  # what comes alone is not unpacked, sorted and joined: that took half of its time
    lanes="VALUES (%(platform)s, %(queue)s, %(owner)s)",
    updates=", (VALUES (%(id)s, %(kind)s, %(body)s::bytea)) AS n (id, kind, body)",
    position="",
)
STORE = _STORE.format(
    lanes="SELECT %(platform)s, w.queue, CASE WHEN w.own THEN %(me)s END"
    " FROM unnest(%(queues)s::text[], %(own)s::bool[]) AS w (queue, own) ORDER BY w.queue",
    updates="JOIN unnest(%(ids)s::text[], %(queue_of)s::text[], %(kinds)s::text[], %(bodies)s::bytea[])"
    " WITH ORDINALITY AS n (id, queue, kind, body, at) ON l.queue = n.queue ORDER BY n.at",
    position=""",
position AS (
    INSERT INTO inbox_positions SELECT %(platform)s, %(position)s::text WHERE %(position)s::text IS NOT NULL
    ON CONFLICT (platform) DO UPDATE SET value = excluded.value)""",
)
_TAKE = """
WITH free AS (
    SELECT platform, queue FROM inbox_lanes WHERE platform = %(platform)s AND owner IS NULL
    ORDER BY since {} LIMIT %(room)s FOR UPDATE SKIP LOCKED)
UPDATE inbox_lanes l SET owner = %(me)s FROM free
WHERE l.platform = free.platform AND l.queue = free.queue RETURNING l.queue, l.touches
"""
TAKE_OLDEST, TAKE_NEWEST = _TAKE.format("ASC"), _TAKE.format("DESC")
TOUCHES = (
    "SELECT queue, touches FROM inbox_lanes"
    " WHERE platform = %(platform)s AND queue = ANY(%(queues)s::text[]) AND owner = %(me)s"
)
LOAD = """
SELECT u.number, u.queue, u.kind, u.attempts
FROM unnest(%(queues)s::text[], %(lasts)s::bigint[]) AS mine (queue, last)
CROSS JOIN LATERAL (
    SELECT number, queue, kind, attempts FROM inbox_updates
    WHERE platform = %(platform)s AND queue = mine.queue AND number > mine.last AND status IS NULL OFFSET 0) u
ORDER BY u.number
"""
# A subquery of its own: before its first ANALYZE the planner would begin with the lanes and read all that waits in them.
_MINE = "(SELECT l.owner FROM inbox_lanes l WHERE l.platform = u.platform AND l.queue = u.queue) = %(me)s"
CLAIM = (
    "UPDATE inbox_updates u SET attempts = attempts + 1"
    f" WHERE u.number = ANY(%(numbers)s::bigint[]) AND u.status IS NULL AND {_MINE}"
    " RETURNING u.number, u.id, u.kind, u.body, u.received, u.attempts"
)
READ = (
    "SELECT u.number, u.id, u.kind, u.body, u.received, u.attempts FROM inbox_updates u"
    f" WHERE u.number = ANY(%(numbers)s::bigint[]) AND u.status IS NULL AND {_MINE}"
)
_EMPTY = """
    SELECT l.platform, l.queue FROM inbox_lanes l
    JOIN unnest(%(queues)s::text[], %(touches)s::bigint[]) AS f (queue, touches)
        ON l.platform = %(platform)s AND l.queue = f.queue AND l.touches = f.touches AND l.owner = %(me)s
    ORDER BY l.queue FOR UPDATE OF l"""
_FREED = """
    DELETE FROM inbox_lanes l USING empty e
    WHERE l.platform = e.platform AND l.queue = e.queue RETURNING l.queue"""
FREE = f"WITH empty AS ({_EMPTY}) {_FREED}"
END = f"""
WITH ended AS (
    UPDATE inbox_updates u SET status = e.status, reason = e.reason, ended = %(now)s, body = NULL, queue = NULL
    FROM unnest(%(numbers)s::bigint[], %(statuses)s::text[], %(reasons)s::text[]) AS e (number, status, reason)
    WHERE u.number = e.number AND u.status IS NULL AND {_MINE} RETURNING u.number),
answered AS (
    INSERT INTO inbox_answers SELECT %(platform)s, r.chat, r.message, r.reply, %(now)s
    FROM unnest(%(replied)s::bigint[], %(chats)s::text[], %(messages)s::text[], %(replies)s::text[])
        AS r (number, chat, message, reply)
    WHERE r.number IN (SELECT number FROM ended)
    ON CONFLICT (platform, chat, message) DO UPDATE SET reply = excluded.reply, at = excluded.at),
empty AS ({_EMPTY}),
freed AS ({_FREED})
SELECT (SELECT array_agg(number) FROM ended), (SELECT array_agg(queue) FROM freed)
"""
GIVE_BACK = """
WITH mine AS (
    SELECT platform, queue FROM inbox_lanes WHERE platform = %(platform)s AND owner = %(me)s ORDER BY queue FOR UPDATE)
UPDATE inbox_lanes l SET owner = NULL FROM mine WHERE l.platform = mine.platform AND l.queue = mine.queue
"""
PURGE_PACE = (  # of chats that have been quiet for an hour
    "DELETE FROM pace WHERE platform = %s AND greatest(next, held) < extract(epoch FROM clock_timestamp()) - 3600"
)
