"""What clouds know of hosts: read-only, and only where somebody gave leave."""
