"""What a model attends to and how it knows positions."""
