"""Cleaning as a recipe: named steps in a fixed order, each telling what it changed and dropped."""
