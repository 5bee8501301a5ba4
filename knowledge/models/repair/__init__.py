"""The models of repair: what each line of a page is, and what goes on where; the card is README.md."""
