"""The stakeholders' document: a plan and its evidence as one HTML file, and as PDF."""
