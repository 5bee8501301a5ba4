"""The page, the API, the raw lines and the health checks, over aiohttp."""
