"""The model: schema as data, findings, settings, the supply graph and its errors."""
