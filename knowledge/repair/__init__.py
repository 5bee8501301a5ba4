"""Pure repair: a `Document`'s broken lines become articles and facts, with a log of every change."""
