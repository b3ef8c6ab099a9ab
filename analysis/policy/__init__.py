"""What policy asks of the figures: claims checked, what-if, measures, rules, trajectories."""
