"""Where answers come from when a person or a program must give one."""
