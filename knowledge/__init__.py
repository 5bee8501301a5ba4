"""Articles to facts, facts to answers: pure inside, files only at the rim. Knows no chat platform."""
