"""Scores with intervals, and paired comparison."""
