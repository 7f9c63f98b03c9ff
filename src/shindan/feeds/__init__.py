"""The outside world → advisories. `feeds.FEEDS` is the list; it is not here, for whoever needs one feed loads one."""
