"""Matrix: one poller of /sync into a durable inbox, gaps walked; answers as notices, plain and HTML, never markup."""
