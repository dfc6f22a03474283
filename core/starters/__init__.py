"""How the starter models in assets/models were made."""
