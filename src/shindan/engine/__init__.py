"""What moves: clock, runs, jobs."""
