-- Whoever decides about a stream that was set aside wants to know what kind of event could not be applied.
ALTER TABLE es_quarantine ADD COLUMN event_type TEXT NOT NULL DEFAULT '';
