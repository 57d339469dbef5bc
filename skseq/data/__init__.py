"""What goes in: sequences, panels, steps, targets, and what is said of them."""
