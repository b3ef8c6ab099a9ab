"""Results to people: HTML, Excel, Markdown and network pages."""
