"""One file that holds all a bot must not lose, and the way back from it."""
