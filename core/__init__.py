"""Assay's package: six stages, two lenses and the decision.

The map is core/pipeline.py; the layers, from the ground up:

    record table units errors workspace pipeline text
    models data jobs
    cost
    train evaluate interpret deploy
    update strategy
    charts run work
    cli
"""
