"""Chat platforms, one folder each, none knowing another; beside them what several of them stand on."""
