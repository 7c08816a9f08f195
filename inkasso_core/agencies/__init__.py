"""What an adapter author uses: base classes, the file transport, the table writer, and the registry of installed adapters."""
