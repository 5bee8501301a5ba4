"""What was asked: one analysis of the query's text, used by every rung of the ladder."""
