"""How the shipped models are made again; imported by nothing that serves."""
