"""A finished run made smaller, bundled with all that is known of it, and served over HTTP."""
