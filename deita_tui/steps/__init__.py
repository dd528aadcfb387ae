"""Long work as generators: the only place where the domain and the store meet."""
