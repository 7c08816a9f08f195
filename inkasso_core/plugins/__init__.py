"""Shop and policy plugins: hook specifications and their manager. The only place that knows pluggy."""
