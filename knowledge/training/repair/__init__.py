"""How the models of repair are made again: corpus, generated pages, fitting, figures."""
