"""Simulated attackers of the simulated shop: nobody attacks, and nobody is harmed."""
