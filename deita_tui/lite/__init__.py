"""The embedded draft scorers: their weights, how they answer, and the code that trains them."""
