"""Space groups: their Wyckoff positions, and crystals taken apart and put together by them."""
