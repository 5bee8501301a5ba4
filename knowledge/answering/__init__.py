"""From the right fact to the short answer: the span that answers by the question's type."""
