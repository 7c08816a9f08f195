"""The law of default, interest and limitation, country by country: the rules are code, the values are data with their sources."""
