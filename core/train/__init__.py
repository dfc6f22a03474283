"""Fine-tuning: configuration, objectives, the loop, preflight."""
