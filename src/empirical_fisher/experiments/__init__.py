"""One folder for each topic of the two texts, and the problems that several of them draw."""
