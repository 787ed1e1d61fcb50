"""What the paper says of its six figures, beside what they show here."""
