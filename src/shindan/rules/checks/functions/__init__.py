"""Checks that fit no kind: one function each, named in rules as `function = "NAME"`."""
