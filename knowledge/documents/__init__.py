"""The rim towards the folder: files become `Document`s, or are skipped with place, reason and remedy."""
