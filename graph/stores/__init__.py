"""Where a supply graph lives: memory (networkx), an embedded file (kglite), a Neo4j server."""
