"""Runtime Behavior Analysis: seven rules about what runs, listens and connects while a run watches."""
