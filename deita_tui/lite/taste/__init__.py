"""What a user would say of a record, learned from what the user said: logistic regression."""
