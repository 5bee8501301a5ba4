"""The chat side: surfaces, platforms and the one place that builds everything."""
