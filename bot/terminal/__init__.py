"""The terminal as a platform: replies on standard output."""
