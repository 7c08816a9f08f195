"""An invented agency by three ways, as their authors would write the adapters."""
