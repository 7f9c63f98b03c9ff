"""The verbs that all doors share."""
