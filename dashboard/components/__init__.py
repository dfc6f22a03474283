"""What Streamlit lacks."""
