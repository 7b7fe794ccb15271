"""What every strategy must do: subclass the suite in a test module, pytest finds the tests. No test library needed."""
