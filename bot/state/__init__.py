"""The shared state: roles, audit, uploads, shown answers, confirmations; one set of statements for every database."""
