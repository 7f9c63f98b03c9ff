"""Configuration files as the programs that read them understand them."""
