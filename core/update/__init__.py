"""Feedback, and the way back to training."""
