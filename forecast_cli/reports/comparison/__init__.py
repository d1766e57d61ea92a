"""What the gate says, for each place it is read in: a pull request, a build's log, a test report, a program."""
