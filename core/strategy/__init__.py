"""Scenarios: rent, host or tune, ranked."""
