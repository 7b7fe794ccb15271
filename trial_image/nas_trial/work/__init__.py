"""What a trial is for: training or scoring its candidates, and the result that it leaves."""
