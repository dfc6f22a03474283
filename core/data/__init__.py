"""From the user's files to versioned, split examples."""
