"""Instructions on their way: from the queue to the agency, and its word on them into the store; and what people say about them."""
