"""What things cost: gas, time and memory."""
