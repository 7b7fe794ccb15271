"""What a GPU makes of the trainer: for somebody who has one."""
