"""The roof: the only place that knows everything. Settings in, a wired service and a running server out."""
