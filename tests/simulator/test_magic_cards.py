"""Each magic card, as a caller of the real program sees it."""


