"""What the worker imports: each stage joined with those it needs, one file a kind of job."""
