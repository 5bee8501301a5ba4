"""WeCom's smart bot: one long connection in and out, markdown in which nothing of ours is live, cards for buttons."""
