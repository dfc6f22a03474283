"""Results to Plotly figures; knows no Streamlit."""
