"""How the small reader is made: data, generated questions and near misses, network, training, export."""
