"""Networks and the formats they are kept in; nothing here knows a molecule from a material."""
