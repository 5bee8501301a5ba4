"""Pure search: from one analysed query to a ranked, explained, decided answer."""
