"""The attention canvas, as a Streamlit component."""
