"""The pages in the browser: the list of videos and the tools with which people proof-read them."""
