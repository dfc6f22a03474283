"""What training and serving cost on A100s."""
