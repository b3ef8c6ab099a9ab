"""The formation model: is a cluster cluster-like, ecosystem-like, or is there no such difference?"""
