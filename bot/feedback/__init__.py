"""What the bot remembers to do better: unanswered questions, aliases, watches, votes, figures; and how to forget."""
