"""The talk itself: thin handlers that know no platform and not how search works."""
