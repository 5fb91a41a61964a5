"""How models are made and measured. Nothing in production imports this."""
