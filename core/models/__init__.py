"""Base models: the catalogue, shapes without weights, loading."""
