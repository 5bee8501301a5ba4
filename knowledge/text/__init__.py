"""What is known about Chinese characters and words, for every other room: pure and without articles."""
