"""The rows of the table of actions, by what their keys are about."""
