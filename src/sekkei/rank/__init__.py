"""Put candidates in order: desirability, Pareto fronts, diversity. Plain arrays in and out."""
