"""The playground: models asked by a person, alone or side by side, and what is said of them."""
