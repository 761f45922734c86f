"""Old folders: moved to the new form, checked and moved back without losing a row; goes when they are gone."""
