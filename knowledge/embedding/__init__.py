"""The rim towards models of meaning: which there are, what they made of a snapshot, and who makes the rest."""
