"""Snapshots on disk: built aside, sealed by a manifest, published by one rename, checked before they serve."""
