"""Network reachability: from where which ports of a host can be reached, and by which rule of its packet filter."""
