"""A django-oscar shop for the tests: a project like a merchant's, with our two apps in it. It runs in the host's environment alone."""
