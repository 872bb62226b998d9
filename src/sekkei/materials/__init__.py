"""Materials: reading, judging, comparing and drawing compositions and crystals; the one room that knows pymatgen."""
