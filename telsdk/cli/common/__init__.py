"""What the commands share: options, kinds of arguments, printing, files on this machine, running servers."""
